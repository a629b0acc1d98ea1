"""The map: every route and every schedule of Stories From the Sun, a line each, and nothing else."""

from chalicelib.api import SunApi
from chalicelib.resources import health

app = SunApi("stories-from-the-sun")

# Health
app.public("/healthz", health.get_healthz)
app.public("/readyz", health.get_readyz)
app.public("/health", health.get_health)
app.public("/functions/v1/health", health.get_health)

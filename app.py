"""The map: every route and every schedule of Stories From the Sun, a line each, and nothing else."""

from chalicelib.api import SunApi
from chalicelib.limits import READS, WRITES
from chalicelib.resources import families, health, me, members, prompts, recordings

app = SunApi("stories-from-the-sun")

# Health
app.public("/healthz", health.get_healthz)
app.public("/readyz", health.get_readyz)
app.public("/health", health.get_health)
app.public("/functions/v1/health", health.get_health)

# Families and their people
app.get("/v1/families", families.list_families, limit=READS)
app.get("/v1/families/{family_id}", families.get_family, limit=READS)
app.patch("/v1/families/{family_id}", families.update_family, limit=WRITES)
app.patch("/v1/families/{family_id}/members/{user_id}", members.update_member, limit=WRITES)
app.delete("/v1/families/{family_id}/members/{user_id}", members.remove_member, limit=WRITES)
app.get("/v1/me", me.get_me, limit=READS)
app.patch("/v1/me", me.update_me, limit=WRITES)

# Prompts and recordings
app.get("/v1/families/{family_id}/prompts", prompts.list_prompts, limit=READS)
app.post("/v1/families/{family_id}/prompts", prompts.create_prompt, limit=WRITES)
app.patch("/v1/prompts/{prompt_id}", prompts.update_prompt, limit=WRITES)
app.delete("/v1/prompts/{prompt_id}", prompts.delete_prompt, limit=WRITES)
app.get("/v1/families/{family_id}/recordings", recordings.list_recordings, limit=READS)
app.patch("/v1/recordings/{recording_id}", recordings.update_recording, limit=WRITES)
app.delete("/v1/recordings/{recording_id}", recordings.delete_recording, limit=WRITES)
app.post("/v1/recordings/{recording_id}/restore", recordings.restore_recording, limit=WRITES)

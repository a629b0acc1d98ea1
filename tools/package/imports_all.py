"""A script for a Python that sees the unzipped package alone: imports all that our code names, also inside functions.

Prints the names of the modules that were imported. It stands apart from the project, and imports nothing of it.
"""

import ast
import importlib
import sys
from pathlib import Path

package = Path(sys.argv[1])
sys.path.insert(0, str(package))

named = {path.stem for path in package.glob("*.py")}
for path in sorted((package / "chalicelib").rglob("*.py")):
    named.add(".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__"))
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            named.add(node.module)

for name in sorted(named):
    importlib.import_module(name)
    print(name)

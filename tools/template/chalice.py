"""What `chalice package` writes for a stage, by Chalice's own generator: without the zip, and without an account."""

from __future__ import annotations

import json
from typing import Any

from botocore.session import Session
from chalice.awsclient import TypedAWSClient
from chalice.cli.factory import CLIFactory
from chalice.deploy.appgraph import ApplicationGraphBuilder, DependencyBuilder
from chalice.deploy.deployer import BaseDeployStep, BuildStage, InjectDefaults, PolicyGenerator, SwaggerBuilder
from chalice.deploy.models import DeploymentPackage
from chalice.deploy.swagger import CFNSwaggerGenerator
from chalice.package import PackageOptions, ResourceBuilder, SAMTemplateGenerator
from chalice.policy import AppPolicyGenerator
from chalice.utils import OSUtils

from tools.locks import ROOT
from tools.template.document import Template

ZIP = "./deployment.zip"

# Nothing of the template depends on it: where a region matters, CloudFormation fills it in.
_REGION = "eu-west-1"


class _NoZip(BaseDeployStep):
    """In the place of the step by which Chalice's packager makes a zip."""

    def handle_deploymentpackage(self, config: Any, resource: DeploymentPackage) -> None:
        resource.filename = ZIP


def stages() -> list[str]:
    """The stages that .chalice/config.json describes."""
    return list(json.loads((ROOT / ".chalice" / "config.json").read_text("utf-8"))["stages"])


def chalice_document(stage: str) -> Template:
    """The template before anything is finished. Raises ValueError for a stage that is not described."""
    # Chalice takes any name, and leaves out what it knows nothing of: policies, memory, environment.
    if stage not in stages():
        raise ValueError(f"STAGE must be one of {', '.join(stages())}")
    config = CLIFactory(str(ROOT)).create_config_obj(chalice_stage_name=stage)
    session = Session()
    session.set_config_variable("region", _REGION)
    policies = PolicyGenerator(AppPolicyGenerator(OSUtils()), OSUtils())
    build = BuildStage([InjectDefaults(), _NoZip(), policies, SwaggerBuilder(CFNSwaggerGenerator())])
    builder = ResourceBuilder(ApplicationGraphBuilder(), DependencyBuilder(), build)
    resources = builder.construct_resources(config, stage)
    document: Template = SAMTemplateGenerator(config, PackageOptions(TypedAWSClient(session))).generate(resources)
    return document

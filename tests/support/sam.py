"""A template as `chalice package` makes it of this checkout and tools/template finishes it, without the zip."""

from __future__ import annotations

import functools
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

from local.settings import ROOT
from tools.template import finish

STAGES = ("dev", "staging", "prod")


class _NoZip(BaseDeployStep):  # type: ignore[misc]  # Chalice ships no types
    """In the place of the step for which pip downloads everything."""

    def handle_deploymentpackage(self, config: Any, resource: DeploymentPackage) -> None:
        resource.filename = "./deployment.zip"


@functools.cache
def chalice_document(stage: str) -> dict[str, Any]:
    """What `chalice package` writes, before anything is finished. Not to be changed."""
    config = CLIFactory(str(ROOT)).create_config_obj(chalice_stage_name=stage)
    session = Session()
    session.set_config_variable("region", "eu-west-1")
    policies = PolicyGenerator(AppPolicyGenerator(OSUtils()), OSUtils())
    build = BuildStage([InjectDefaults(), _NoZip(), policies, SwaggerBuilder(CFNSwaggerGenerator())])
    resources = ResourceBuilder(ApplicationGraphBuilder(), DependencyBuilder(), build).construct_resources(
        config, stage
    )
    document: dict[str, Any] = SAMTemplateGenerator(config, PackageOptions(TypedAWSClient(session))).generate(resources)
    return document


@functools.cache
def finished_document(stage: str, version: str = "v1.2.3") -> dict[str, Any]:
    """The template that is deployed. Not to be changed."""
    return finish(chalice_document(stage), stage, version)

"""Prompts: the questions a family asks its elders. Every member may add one; its author and the keepers change it."""

from __future__ import annotations

from uuid import UUID

from chalicelib.api import paging
from chalicelib.api.models import WireModel
from chalicelib.api.paging import PageQuery
from chalicelib.api.shapes import Changes, Locale, Prompt, PromptText, unchanged
from chalicelib.call import Call
from chalicelib.database.messages import read, transact


class PromptResponse(WireModel):
    prompt: Prompt


class PromptsResponse(WireModel):
    prompts: list[Prompt]
    next_cursor: str | None


class CreatePromptRequest(WireModel):
    text: PromptText
    locale: Locale | None = None
    """The family's own when it is not given."""


class UpdatePromptRequest(Changes):
    text: PromptText = unchanged()
    locale: Locale = unchanged()


def list_prompts(call: Call, family_id: UUID, query: PageQuery) -> PromptsResponse:
    """A family's prompts, newest first."""
    page = paging.page_of(query, "prompts", family_id)
    result = read(call, "list_prompts", missing="FORBIDDEN", family_id=family_id, **page.parameters())
    return PromptsResponse.from_row(page.cut(result))


def create_prompt(call: Call, family_id: UUID, request: CreatePromptRequest) -> PromptResponse:
    """A member adds a prompt."""
    result = transact(
        call,
        "create_prompt_tx",
        family_id=family_id,
        text=request.text,
        locale=request.locale,
    )
    return PromptResponse.from_row(result)


def update_prompt(call: Call, prompt_id: UUID, request: UpdatePromptRequest) -> PromptResponse:
    """Its author or a keeper rewords a prompt."""
    result = transact(call, "update_prompt_tx", repeatable=True, prompt_id=prompt_id, changes=request.named())
    return PromptResponse.from_row(result)


def delete_prompt(call: Call, prompt_id: UUID) -> PromptResponse:
    """Its author or a keeper takes a prompt off the list. What was recorded to it stays, and keeps naming it."""
    return PromptResponse.from_row(transact(call, "delete_prompt_tx", repeatable=True, prompt_id=prompt_id))

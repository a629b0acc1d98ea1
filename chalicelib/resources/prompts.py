"""Prompts: the questions a family asks its elders. A member may add one; its author and the keepers may change it."""

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
    """Default: the family's language."""


class UpdatePromptRequest(Changes):
    text: PromptText = unchanged()
    locale: Locale = unchanged()


def list_prompts(call: Call, family_id: UUID, query: PageQuery) -> PromptsResponse:
    """List a family's prompts, newest first."""
    page = paging.page_of(query, "prompts", family_id)
    result = read(call, "list_prompts", missing="FORBIDDEN", family_id=family_id, **page.parameters())
    return PromptsResponse.from_row(page.cut(result))


def create_prompt(call: Call, family_id: UUID, request: CreatePromptRequest) -> PromptResponse:
    """Add a prompt to a family."""
    result = transact(
        call,
        "create_prompt_tx",
        family_id=family_id,
        text=request.text,
        locale=request.locale,
    )
    return PromptResponse.from_row(result)


def update_prompt(call: Call, prompt_id: UUID, request: UpdatePromptRequest) -> PromptResponse:
    """Change a prompt's text or language. Its author and keepers only."""
    result = transact(call, "update_prompt_tx", repeatable=True, prompt_id=prompt_id, changes=request.named())
    return PromptResponse.from_row(result)


def delete_prompt(call: Call, prompt_id: UUID) -> PromptResponse:
    """Delete a prompt. Its author and keepers only. Recordings that answer it stay, and keep its id."""
    return PromptResponse.from_row(transact(call, "delete_prompt_tx", repeatable=True, prompt_id=prompt_id))

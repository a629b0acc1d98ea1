// The types of the Stories From the Sun API. Written by `make client-types`; see docs/wire.md.

export interface paths {
    "/functions/v1/create-family": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Founds a family whose keeper is the caller; a person keeps at most three free ones
         * @description Founds a family whose keeper is the caller; a person keeps at most three free ones.
         *
         *     At most 60 calls a minute of the class `writes`.
         *
         *     Honours `Idempotency-Key`.
         */
        post: operations["createFamily"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/functions/v1/create-invite": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes an invite of the caller's family, and queues its mail unless the day's mails are used up
         * @description Makes an invite of the caller's family, and queues its mail unless the day's mails are used up.
         *
         *     At most 20 calls a minute of the class `invites`.
         *
         *     Honours `Idempotency-Key`.
         */
        post: operations["createInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/functions/v1/redeem-invite": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Joins the caller to the invite's family
         * @description Joins the caller to the invite's family. Every way a code can be wrong is one answer, and is counted.
         *
         *     At most 20 calls a minute of the class `redeem`.
         */
        post: operations["redeemInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/functions/v1/get-signed-upload-url": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reserves the bytes if plan and room allow it, and signs a PUT of exactly this size, type and content
         * @description Reserves the bytes if plan and room allow it, and signs a PUT of exactly this size, type and content.
         *
         *     At most 60 calls a minute of the class `writes`.
         *
         *     Honours `Idempotency-Key`.
         */
        post: operations["getSignedUploadUrl"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/functions/v1/finalize-recording": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keeps the caller's own upload, once: asked again it answers the same
         * @description Keeps the caller's own upload, once: asked again it answers the same. Never refused for quota or billing.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        post: operations["finalizeRecording"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/functions/v1/get-signed-playback-url": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Signs a GET for a member of the recording's family; of trash, for its creator and the keepers
         * @description Signs a GET for a member of the recording's family; of trash, for its creator and the keepers.
         *
         *     At most 200 calls a minute of the class `reads`.
         */
        post: operations["getSignedPlaybackUrl"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/functions/v1/create-checkout-session": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The family's open session for this very plan, or a new one that takes the place of any other
         * @description The family's open session for this very plan, or a new one that takes the place of any other. CONFLICT subscribed: plans are changed in the portal. CONFLICT in_progress: another keeper was quicker.
         *
         *     At most 20 calls a minute of the class `payment`.
         */
        post: operations["createCheckoutSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/functions/v1/create-portal-session": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The portal's address, good for a few minutes
         * @description The portal's address, good for a few minutes. CONFLICT no_customer for a family that never began to pay.
         *
         *     At most 20 calls a minute of the class `payment`.
         */
        post: operations["createPortalSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/functions/v1/stripe-webhook": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes an event that Stripe signed: stored once, however often it comes
         * @description Takes an event that Stripe signed: stored once, however often it comes. INTERNAL, and Stripe sends it again, only when it could not be stored. Its job is run at once when time allows, else by the queue.
         */
        post: operations["stripeWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * The process answers
         * @description The process answers. Nothing else is asked.
         */
        get: operations["getHealthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Postgres answers within two seconds; else SERVICE_UNAVAILABLE
         * @description Postgres answers within two seconds; else SERVICE_UNAVAILABLE.
         */
        get: operations["getReadyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Every check, at most once in PROBE_SECONDS
         * @description Every check, at most once in PROBE_SECONDS. SERVICE_UNAVAILABLE when one fails that nothing works without.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/functions/v1/health": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Every check, at most once in PROBE_SECONDS
         * @description Every check, at most once in PROBE_SECONDS. SERVICE_UNAVAILABLE when one fails that nothing works without.
         */
        get: operations["getHealthBesideTheOperations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description This document.
         */
        get: operations["getOpenapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/families": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * The caller's families, the one they joined first leading: it is the active one
         * @description The caller's families, the one they joined first leading: it is the active one.
         *
         *     At most 200 calls a minute of the class `reads`.
         */
        get: operations["listFamilies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/families/{familyId}": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * One family of the caller's, with its people and what it may store
         * @description One family of the caller's, with its people and what it may store.
         *
         *     At most 200 calls a minute of the class `reads`.
         */
        get: operations["getFamily"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * A keeper renames the family or changes its language
         * @description A keeper renames the family or changes its language.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        patch: operations["updateFamily"];
        trace?: never;
    };
    "/v1/families/{familyId}/members/{userId}": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * A keeper removes a member, or the caller leaves
         * @description A keeper removes a member, or the caller leaves. CONFLICT last_keeper: a family always keeps a keeper.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /**
         * A keeper makes a member keeper or storyteller
         * @description A keeper makes a member keeper or storyteller. CONFLICT last_keeper: a family always keeps a keeper.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        patch: operations["updateMember"];
        trace?: never;
    };
    "/v1/families/{familyId}/invites": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * A family's invites, newest first, whatever became of them
         * @description A family's invites, newest first, whatever became of them. Keepers alone see them.
         *
         *     At most 200 calls a minute of the class `reads`.
         */
        get: operations["listInvites"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invites/{inviteId}": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * A keeper ends an invite: its code lets nobody in any more
         * @description A keeper ends an invite: its code lets nobody in any more.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        delete: operations["revokeInvite"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invites/{inviteId}/resend": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A keeper makes an invite anew: the old code ends, the new one lives as long as the first, its mail is queued
         * @description A keeper makes an invite anew: the old code ends, the new one lives as long as the first, its mail is queued. CONFLICT revoked, used_up, too_many_invites.
         *
         *     At most 20 calls a minute of the class `invites`.
         */
        post: operations["resendInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Who the caller is
         * @description Who the caller is. Before they said anything about themselves: no name, and English.
         *
         *     At most 200 calls a minute of the class `reads`.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * The caller's name, in all their families along, and language
         * @description The caller's name, in all their families along, and language.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        patch: operations["updateMe"];
        trace?: never;
    };
    "/v1/families/{familyId}/prompts": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * A family's prompts, newest first
         * @description A family's prompts, newest first.
         *
         *     At most 200 calls a minute of the class `reads`.
         */
        get: operations["listPrompts"];
        put?: never;
        /**
         * A member adds a prompt
         * @description A member adds a prompt.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        post: operations["createPrompt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/prompts/{promptId}": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Its author or a keeper takes a prompt off the list
         * @description Its author or a keeper takes a prompt off the list. What was recorded to it stays, and keeps naming it.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        delete: operations["deletePrompt"];
        options?: never;
        head?: never;
        /**
         * Its author or a keeper rewords a prompt
         * @description Its author or a keeper rewords a prompt.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        patch: operations["updatePrompt"];
        trace?: never;
    };
    "/v1/families/{familyId}/recordings": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * A family's recordings, newest first: those that answered a prompt, or those in the trash
         * @description A family's recordings, newest first: those that answered a prompt, or those in the trash.
         *
         *     At most 200 calls a minute of the class `reads`.
         */
        get: operations["listRecordings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recordings/{recordingId}": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Its creator or a keeper moves a recording to the trash, where it can be restored for 30 days
         * @description Its creator or a keeper moves a recording to the trash, where it can be restored for 30 days.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        delete: operations["deleteRecording"];
        options?: never;
        head?: never;
        /**
         * Its creator or a keeper says what a recording is
         * @description Its creator or a keeper says what a recording is. Null takes title or prompt away.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        patch: operations["updateRecording"];
        trace?: never;
    };
    "/v1/recordings/{recordingId}/restore": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Its creator or a keeper takes a recording out of the trash
         * @description Its creator or a keeper takes a recording out of the trash. CONFLICT purging when its 30 days are over.
         *
         *     At most 60 calls a minute of the class `writes`.
         */
        post: operations["restoreRecording"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        CreateCheckoutSessionRequest: {
            /** Format: uuid */
            familyId: string;
            /** @enum {string} */
            plan: "family" | "legacy";
            /** @enum {string} */
            interval: "month" | "year";
        };
        CreateFamilyRequest: {
            name: string;
            /**
             * @default en
             * @enum {string}
             */
            locale?: "en" | "es" | "fr";
            /** @description What the family sees the keeper as; the profile's own when it is not given. */
            displayName?: string | null;
        };
        CreateInviteRequest: {
            /** Format: uuid */
            familyId: string;
            email?: string | null;
            /** @default 1 */
            maxUses?: number;
            /** @default 7 */
            expiresInDays?: number;
        };
        CreatePortalSessionRequest: {
            /** Format: uuid */
            familyId: string;
        };
        CreatePromptRequest: {
            text: string;
            /** @description The family's own when it is not given. */
            locale?: ("en" | "es" | "fr") | null;
        };
        FinalizeRecordingRequest: {
            /** Format: uuid */
            familyId: string;
            /** Format: uuid */
            recordingId: string;
            title?: string | null;
            promptId?: string | null;
            recordedAt?: string | null;
        };
        GetSignedPlaybackUrlRequest: {
            /** Format: uuid */
            recordingId: string;
        };
        GetSignedUploadUrlRequest: {
            /** Format: uuid */
            familyId: string;
            fileSizeBytes: number;
            durationSeconds: number;
            /** @constant */
            contentType: "audio/mp4";
            contentMd5?: string | null;
            waveformSizeBytes?: number | null;
        };
        RedeemInviteRequest: {
            /** @description As it was typed: case, blanks and dashes do not matter. */
            code: string;
            displayName?: string | null;
        };
        UpdateFamilyRequest: {
            name?: string;
            /** @enum {string} */
            locale?: "en" | "es" | "fr";
        };
        UpdateMeRequest: {
            displayName?: string | null;
            /** @enum {string} */
            locale?: "en" | "es" | "fr";
        };
        UpdateMemberRequest: {
            /** @enum {string} */
            role?: "keeper" | "storyteller";
        };
        UpdatePromptRequest: {
            text?: string;
            /** @enum {string} */
            locale?: "en" | "es" | "fr";
        };
        UpdateRecordingRequest: {
            title?: string | null;
            promptId?: string | null;
            /** Format: date-time */
            recordedAt?: string;
        };
        AliveResponse: {
            /**
             * @default ok
             * @constant
             */
            status: "ok";
        };
        CreateCheckoutSessionResponse: {
            sessionId: string;
            url: string;
        };
        CreateFamilyResponse: {
            family: components["schemas"]["NewFamily"];
            entitlement: components["schemas"]["Entitlement"];
            promptsSeeded: number;
        };
        CreateInviteResponse: {
            invite: components["schemas"]["IssuedInvite"];
        };
        CreatePortalSessionResponse: {
            url: string;
        };
        /** @description What a family may store and what it does; sizes in bytes, lengths in seconds. */
        Entitlement: {
            /** @enum {string} */
            plan: "free" | "family" | "legacy";
            /** @enum {string} */
            status: "active" | "trialing" | "past_due" | "incomplete" | "paused" | "suspended";
            storageQuotaBytes: number;
            storageUsedBytes: number;
            storageReservedBytes: number;
            maxRecordingSeconds: number;
            /** @description Null on the free plan. */
            currentPeriodEnd: string | null;
            cancelAtPeriodEnd: boolean;
        };
        FamiliesResponse: {
            families: components["schemas"]["Family"][];
            nextCursor: string | null;
        };
        Family: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            locale: "en" | "es" | "fr";
            /**
             * @description The caller's own.
             * @enum {string}
             */
            role: "keeper" | "storyteller";
            /** Format: date-time */
            createdAt: string;
            /** @description When the nightly audit last found every recording of the family whole. */
            lastVerifiedAt: string | null;
            members: components["schemas"]["Member"][];
            entitlement: components["schemas"]["Entitlement"];
        };
        FamilyResponse: {
            family: components["schemas"]["Family"];
        };
        FinalizeRecordingResponse: {
            recording: components["schemas"]["Recording"];
            usage: components["schemas"]["Usage"];
            receipt: components["schemas"]["Receipt"];
        };
        GetSignedPlaybackUrlResponse: {
            url: string;
            /** Format: date-time */
            expiresAt: string;
            /** @default 900 */
            expiresInSeconds: number;
            /** @default 720 */
            refreshAfterSeconds: number;
            waveformUrl: string | null;
        };
        GetSignedUploadUrlResponse: {
            /** Format: uuid */
            recordingId: string;
            uploadUrl: string;
            /** @description To be sent exactly so; host and content-length are for the client's HTTP stack to add. */
            uploadHeaders: {
                [key: string]: string;
            };
            waveformUploadUrl: string | null;
            waveformUploadHeaders: {
                [key: string]: string;
            } | null;
            objectKey: string;
            /** Format: date-time */
            expiresAt: string;
            /** @default 900 */
            expiresInSeconds: number;
            reservedBytes: number;
        };
        HealthResponse: {
            /** @enum {string} */
            status: "ok" | "degraded";
            checks: {
                [key: string]: "ok" | "failing";
            };
        };
        /** @description An invite as its keepers may read it later: never its code. */
        Invite: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            familyId: string;
            email: string | null;
            /** @constant */
            role: "storyteller";
            maxUses: number;
            usedCount: number;
            /** Format: date-time */
            expiresAt: string;
            revokedAt: string | null;
            /** Format: date-time */
            createdAt: string;
        };
        InviteResponse: {
            invite: components["schemas"]["Invite"];
        };
        InvitesResponse: {
            invites: components["schemas"]["Invite"][];
            nextCursor: string | null;
        };
        /** @description An invite with its code: shown once, to the keeper who made or resent it. */
        IssuedInvite: {
            /** Format: uuid */
            id: string;
            code: string;
            joinUrl: string;
            /** Format: date-time */
            expiresAt: string;
            maxUses: number;
            emailQueued: boolean;
        };
        IssuedInviteResponse: {
            invite: components["schemas"]["IssuedInvite"];
        };
        JoinedFamily: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            role: "keeper" | "storyteller";
        };
        Me: {
            /** Format: uuid */
            userId: string;
            displayName: string | null;
            /** @enum {string} */
            locale: "en" | "es" | "fr";
        };
        MeResponse: {
            me: components["schemas"]["Me"];
        };
        Member: {
            /** Format: uuid */
            userId: string;
            displayName: string | null;
            /** @enum {string} */
            role: "keeper" | "storyteller";
            /** Format: date-time */
            joinedAt: string;
        };
        MemberResponse: {
            member: components["schemas"]["Member"];
        };
        NewFamily: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            locale: "en" | "es" | "fr";
            /** @enum {string} */
            role: "keeper" | "storyteller";
            /** Format: date-time */
            createdAt: string;
        };
        Prompt: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            familyId: string;
            text: string;
            /** @enum {string} */
            locale: "en" | "es" | "fr";
            /** @description Null for the prompts a family starts with. */
            createdBy: string | null;
            /** Format: date-time */
            createdAt: string;
        };
        PromptResponse: {
            prompt: components["schemas"]["Prompt"];
        };
        PromptsResponse: {
            prompts: components["schemas"]["Prompt"][];
            nextCursor: string | null;
        };
        /** @description What the store took, by its own word. While a phone has none of these, it keeps its file. */
        Receipt: {
            /** Format: uuid */
            recordingId: string;
            sizeBytes: number;
            etag: string;
            contentMd5?: string | null;
            /** Format: date-time */
            storedAt: string;
        };
        Recording: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            familyId: string;
            promptId: string | null;
            title: string | null;
            sizeBytes: number;
            durationSeconds: number;
            contentType: string;
            /** Format: date-time */
            recordedAt: string;
            createdBy: string | null;
            /** Format: date-time */
            createdAt: string;
            deletedAt: string | null;
            /** @description Kept by the server alone: the phone never came back after its upload. */
            rescued: boolean;
            /** @description Days until the trash is emptied of it; absent outside the trash. */
            daysLeft?: number | null;
        };
        RecordingResponse: {
            recording: components["schemas"]["Recording"];
        };
        RecordingsResponse: {
            recordings: components["schemas"]["Recording"][];
            nextCursor: string | null;
        };
        RedeemInviteResponse: {
            family: components["schemas"]["JoinedFamily"];
            alreadyMember: boolean;
        };
        StripeWebhookResponse: {
            /**
             * @default true
             * @constant
             */
            received: true;
        };
        Usage: {
            usedBytes: number;
            reservedBytes: number;
            quotaBytes: number;
        };
        /** @description The token is missing, bad, expired, anonymous or meant for something else. */
        UnauthorizedError: {
            error: {
                /** @constant */
                code: "UNAUTHORIZED";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The caller is no member of this family, or may not do this in it; the same for an unknown family. */
        ForbiddenError: {
            error: {
                /** @constant */
                code: "FORBIDDEN";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The family's payment has failed for too long. Everything but recording goes on. */
        SubscriptionInactiveError: {
            error: {
                /** @constant */
                code: "SUBSCRIPTION_INACTIVE";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The operator has suspended uploads of this family. */
        EntitlementInactiveError: {
            error: {
                /** @constant */
                code: "ENTITLEMENT_INACTIVE";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The family's storage is full. */
        QuotaExceededError: {
            error: {
                /** @constant */
                code: "QUOTA_EXCEEDED";
                /** @description For a person to read. */
                message: string;
                details: {
                    quotaBytes: number;
                    usedBytes: number;
                    reservedBytes: number;
                    requestedBytes: number;
                };
            };
        };
        /** @description The recording is longer than the plan allows. */
        DurationExceededError: {
            error: {
                /** @constant */
                code: "DURATION_EXCEEDED";
                /** @description For a person to read. */
                message: string;
                details: {
                    maxRecordingSeconds: number;
                };
            };
        };
        /** @description The request is malformed; details say where and why, never what was sent. */
        ValidationFailedError: {
            error: {
                /** @constant */
                code: "VALIDATION_FAILED";
                /** @description For a person to read. */
                message: string;
                details: {
                    field: string;
                    reason: string;
                }[];
            };
        };
        /** @description The id is unknown, or not the caller's to see. */
        NotFoundError: {
            error: {
                /** @constant */
                code: "NOT_FOUND";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The code is malformed, unknown, expired, revoked or used up: one answer for all. */
        InviteNotValidError: {
            error: {
                /** @constant */
                code: "INVITE_NOT_VALID";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The upload has not arrived. Upload, then finalize again. */
        UploadNotFoundError: {
            error: {
                /** @constant */
                code: "UPLOAD_NOT_FOUND";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description Size, type or content differ from what was announced. */
        UploadMismatchError: {
            error: {
                /** @constant */
                code: "UPLOAD_MISMATCH";
                /** @description For a person to read. */
                message: string;
                details: {
                    /** @enum {string} */
                    reason: "size" | "content_type" | "content";
                };
            };
        };
        /** @description The present state forbids it; details.reason says why. */
        ConflictError: {
            error: {
                /** @constant */
                code: "CONFLICT";
                /** @description For a person to read. */
                message: string;
                details: {
                    /** @enum {string} */
                    reason: "already_finalized" | "claimed" | "deleted" | "idempotency_key_reused" | "in_progress" | "last_keeper" | "no_customer" | "purging" | "revoked" | "subscribed" | "too_many_free_families" | "too_many_invites" | "too_many_uploads" | "used_up";
                };
            };
        };
        /** @description The body is over 64 KiB (stripe-webhook: 512 KiB). */
        PayloadTooLargeError: {
            error: {
                /** @constant */
                code: "PAYLOAD_TOO_LARGE";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The body is not JSON in UTF-8 by its content type. */
        UnsupportedMediaTypeError: {
            error: {
                /** @constant */
                code: "UNSUPPORTED_MEDIA_TYPE";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description Too many calls. Wait for `Retry-After`. */
        RateLimitError: {
            error: {
                /** @constant */
                code: "RATE_LIMIT";
                /** @description For a person to read. */
                message: string;
                details: {
                    limit: number;
                    remaining: number;
                    reset: number;
                    retryAfter: number;
                };
            };
        };
        /** @description Something the operation needs is out of reach or too slow. Asking again is safe. */
        ServiceUnavailableError: {
            error: {
                /** @constant */
                code: "SERVICE_UNAVAILABLE";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description A fault of ours, and reported. */
        InternalError: {
            error: {
                /** @constant */
                code: "INTERNAL";
                /** @description For a person to read. */
                message: string;
            };
        };
    };
    responses: {
        /** @description `UNAUTHORIZED`: The token is missing, bad, expired, anonymous or meant for something else. */
        UnauthorizedError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["UnauthorizedError"];
            };
        };
        /** @description `FORBIDDEN`: The caller is no member of this family, or may not do this in it; the same for an unknown family. */
        ForbiddenError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ForbiddenError"];
            };
        };
        /** @description `SUBSCRIPTION_INACTIVE`: The family's payment has failed for too long. Everything but recording goes on. */
        SubscriptionInactiveError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["SubscriptionInactiveError"];
            };
        };
        /** @description `ENTITLEMENT_INACTIVE`: The operator has suspended uploads of this family. */
        EntitlementInactiveError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["EntitlementInactiveError"];
            };
        };
        /** @description `QUOTA_EXCEEDED`: The family's storage is full. */
        QuotaExceededError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["QuotaExceededError"];
            };
        };
        /** @description `DURATION_EXCEEDED`: The recording is longer than the plan allows. */
        DurationExceededError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["DurationExceededError"];
            };
        };
        /** @description `VALIDATION_FAILED`: The request is malformed; details say where and why, never what was sent. */
        ValidationFailedError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ValidationFailedError"];
            };
        };
        /** @description `NOT_FOUND`: The id is unknown, or not the caller's to see. */
        NotFoundError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["NotFoundError"];
            };
        };
        /** @description `INVITE_NOT_VALID`: The code is malformed, unknown, expired, revoked or used up: one answer for all. */
        InviteNotValidError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["InviteNotValidError"];
            };
        };
        /** @description `UPLOAD_NOT_FOUND`: The upload has not arrived. Upload, then finalize again. */
        UploadNotFoundError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["UploadNotFoundError"];
            };
        };
        /** @description `UPLOAD_MISMATCH`: Size, type or content differ from what was announced. */
        UploadMismatchError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["UploadMismatchError"];
            };
        };
        /** @description `CONFLICT`: The present state forbids it; details.reason says why. */
        ConflictError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ConflictError"];
            };
        };
        /** @description `PAYLOAD_TOO_LARGE`: The body is over 64 KiB (stripe-webhook: 512 KiB). */
        PayloadTooLargeError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["PayloadTooLargeError"];
            };
        };
        /** @description `UNSUPPORTED_MEDIA_TYPE`: The body is not JSON in UTF-8 by its content type. */
        UnsupportedMediaTypeError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["UnsupportedMediaTypeError"];
            };
        };
        /** @description `RATE_LIMIT`: Too many calls. Wait for `Retry-After`. */
        RateLimitError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                "Retry-After": components["headers"]["Retry-After"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["RateLimitError"];
            };
        };
        /** @description `SERVICE_UNAVAILABLE`: Something the operation needs is out of reach or too slow. Asking again is safe. */
        ServiceUnavailableError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ServiceUnavailableError"];
            };
        };
        /** @description `INTERNAL`: A fault of ours, and reported. */
        InternalError: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                Vary: components["headers"]["Vary"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["InternalError"];
            };
        };
    };
    parameters: {
        /**
         * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
         * @example 3f2a9c-retry-1
         */
        RequestId: string;
        /**
         * @description Makes asking again safe: the same person, key and body within 24 hours get the same thing. Another body with the same key is refused as CONFLICT idempotency_key_reused.
         * @example 4d1f0c6e-create-family
         */
        IdempotencyKey: string;
        /**
         * @description Stripe's signature over the time and the raw body: `t=<seconds>,v1=<hex>[,v1=<hex>]`.
         * @example t=1795173600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd
         */
        StripeSignature: string;
    };
    requestBodies: never;
    headers: {
        /** @description Names this request in every log; tell it to support. */
        "x-request-id": string;
        /** @description Nothing is to be kept. */
        "Cache-Control": "no-store";
        "X-Content-Type-Options": "nosniff";
        /** @description The request's origin when it is on the allow-list, or `*` where everyone is. */
        "Access-Control-Allow-Origin": string;
        /** @description What a browser's script may read. */
        "Access-Control-Expose-Headers": "x-request-id, retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset";
        /** @description `Origin`, unless every origin is allowed. */
        Vary: "Origin";
        /** @description Whole seconds to wait before asking again. */
        "Retry-After": number;
        /** @description Calls a window allows. */
        "X-RateLimit-Limit": number;
        /** @description Calls that are left. */
        "X-RateLimit-Remaining": number;
        /** @description When one more call fits, in epoch seconds. */
        "X-RateLimit-Reset": number;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    createFamily: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description Makes asking again safe: the same person, key and body within 24 hours get the same thing. Another body with the same key is refused as CONFLICT idempotency_key_reused.
                 * @example 4d1f0c6e-create-family
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Moreno",
                 *       "locale": "es",
                 *       "displayName": "Ana"
                 *     }
                 */
                "application/json": components["schemas"]["CreateFamilyRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "family": {
                     *           "id": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "name": "Moreno",
                     *           "locale": "es",
                     *           "role": "keeper",
                     *           "createdAt": "2026-11-20T10:00:00Z"
                     *         },
                     *         "entitlement": {
                     *           "plan": "free",
                     *           "status": "active",
                     *           "storageQuotaBytes": 1073741824,
                     *           "storageUsedBytes": 0,
                     *           "storageReservedBytes": 0,
                     *           "maxRecordingSeconds": 600,
                     *           "currentPeriodEnd": null,
                     *           "cancelAtPeriodEnd": false
                     *         },
                     *         "promptsSeeded": 10
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["CreateFamilyResponse"];
                        /** @description Present when a part failed by itself and the rest was done. */
                        metadata?: {
                            /**
                             * @example [
                             *       "The first prompts could not be added. You can add your own."
                             *     ]
                             */
                            warnings: string[];
                        };
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            /** @description `CONFLICT` (too_many_free_families, idempotency_key_reused): The present state forbids it; details.reason says why. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConflictError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "too_many_free_families" | "idempotency_key_reused";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    createInvite: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description Makes asking again safe: the same person, key and body within 24 hours get the same thing. Another body with the same key is refused as CONFLICT idempotency_key_reused.
                 * @example 4d1f0c6e-create-family
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                 *       "email": "rosa@example.org",
                 *       "maxUses": 1,
                 *       "expiresInDays": 7
                 *     }
                 */
                "application/json": components["schemas"]["CreateInviteRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "invite": {
                     *           "id": "51f0e9d8-c7b6-4a59-8432-1f0e9d8c7b6a",
                     *           "code": "ABC-DEF-GHJ",
                     *           "joinUrl": "https://app.example.org/join#ABC-DEF-GHJ",
                     *           "expiresAt": "2026-11-27T10:05:00Z",
                     *           "maxUses": 1,
                     *           "emailQueued": true
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["CreateInviteResponse"];
                        /** @description Present when a part failed by itself and the rest was done. */
                        metadata?: {
                            /**
                             * @example [
                             *       "The invite was not mailed: enough were mailed today. Share the code yourself."
                             *     ]
                             */
                            warnings: string[];
                        };
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            /** @description `CONFLICT` (too_many_invites, idempotency_key_reused): The present state forbids it; details.reason says why. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConflictError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "too_many_invites" | "idempotency_key_reused";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    redeemInvite: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "abc def ghj",
                 *       "displayName": "Abuela Rosa"
                 *     }
                 */
                "application/json": components["schemas"]["RedeemInviteRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "family": {
                     *           "id": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "name": "Moreno",
                     *           "role": "storyteller"
                     *         },
                     *         "alreadyMember": false
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["RedeemInviteResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            404: components["responses"]["InviteNotValidError"];
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    getSignedUploadUrl: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description Makes asking again safe: the same person, key and body within 24 hours get the same thing. Another body with the same key is refused as CONFLICT idempotency_key_reused.
                 * @example 4d1f0c6e-create-family
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                 *       "fileSizeBytes": 4815162,
                 *       "durationSeconds": 312.4,
                 *       "contentType": "audio/mp4",
                 *       "contentMd5": "1B2M2Y8AsgTpgAmY7PhCfg==",
                 *       "waveformSizeBytes": 2048
                 *     }
                 */
                "application/json": components["schemas"]["GetSignedUploadUrlRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "recordingId": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506",
                     *         "uploadUrl": "https://abc123.r2.cloudflarestorage.com/recordings/families/6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e/recordings/9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506.audio.m4a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&...",
                     *         "uploadHeaders": {
                     *           "content-type": "audio/mp4",
                     *           "if-none-match": "*",
                     *           "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="
                     *         },
                     *         "waveformUploadUrl": "https://abc123.r2.cloudflarestorage.com/recordings/families/6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e/recordings/9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506.waveform.json?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&...",
                     *         "waveformUploadHeaders": {
                     *           "content-type": "application/json",
                     *           "if-none-match": "*"
                     *         },
                     *         "objectKey": "families/6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e/recordings/9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506.audio.m4a",
                     *         "expiresAt": "2026-11-21T09:51:00Z",
                     *         "expiresInSeconds": 900,
                     *         "reservedBytes": 4815162
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["GetSignedUploadUrlResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            /**
             * @description `FORBIDDEN`: The caller is no member of this family, or may not do this in it; the same for an unknown family.
             *     `SUBSCRIPTION_INACTIVE`: The family's payment has failed for too long. Everything but recording goes on.
             *     `ENTITLEMENT_INACTIVE`: The operator has suspended uploads of this family.
             *     `QUOTA_EXCEEDED`: The family's storage is full.
             *     `DURATION_EXCEEDED`: The recording is longer than the plan allows.
             */
            403: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["SubscriptionInactiveError"] | components["schemas"]["EntitlementInactiveError"] | components["schemas"]["QuotaExceededError"] | components["schemas"]["DurationExceededError"];
                };
            };
            /** @description `CONFLICT` (too_many_uploads, idempotency_key_reused, already_finalized): The present state forbids it; details.reason says why. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConflictError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "too_many_uploads" | "idempotency_key_reused" | "already_finalized";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    finalizeRecording: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                 *       "recordingId": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506",
                 *       "title": "The bakery on Calle Mayor",
                 *       "promptId": "d4c3b2a1-0f9e-4d8c-b7a6-958473625140",
                 *       "recordedAt": "2026-11-21T10:30:00+01:00"
                 *     }
                 */
                "application/json": components["schemas"]["FinalizeRecordingRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "recording": {
                     *           "id": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506",
                     *           "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "promptId": "d4c3b2a1-0f9e-4d8c-b7a6-958473625140",
                     *           "title": "The bakery on Calle Mayor",
                     *           "sizeBytes": 4815162,
                     *           "durationSeconds": 312.4,
                     *           "contentType": "audio/mp4",
                     *           "recordedAt": "2026-11-21T09:30:00Z",
                     *           "createdBy": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *           "createdAt": "2026-11-21T09:36:12Z",
                     *           "deletedAt": null,
                     *           "rescued": false
                     *         },
                     *         "usage": {
                     *           "usedBytes": 4815162,
                     *           "reservedBytes": 0,
                     *           "quotaBytes": 1073741824
                     *         },
                     *         "receipt": {
                     *           "recordingId": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506",
                     *           "sizeBytes": 4815162,
                     *           "etag": "d41d8cd98f00b204e9800998ecf8427e",
                     *           "contentMd5": "1B2M2Y8AsgTpgAmY7PhCfg==",
                     *           "storedAt": "2026-11-21T09:36:10Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["FinalizeRecordingResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            404: components["responses"]["NotFoundError"];
            /**
             * @description `UPLOAD_NOT_FOUND`: The upload has not arrived. Upload, then finalize again.
             *     `UPLOAD_MISMATCH` (size, content_type, content): Size, type or content differ from what was announced.
             */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadNotFoundError"] | (components["schemas"]["UploadMismatchError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "size" | "content_type" | "content";
                            };
                        };
                    });
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    getSignedPlaybackUrl: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "recordingId": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506"
                 *     }
                 */
                "application/json": components["schemas"]["GetSignedPlaybackUrlRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "url": "https://abc123.r2.cloudflarestorage.com/recordings/families/6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e/recordings/9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506.audio.m4a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&...",
                     *         "expiresAt": "2026-11-21T10:15:00Z",
                     *         "expiresInSeconds": 900,
                     *         "refreshAfterSeconds": 720,
                     *         "waveformUrl": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["GetSignedPlaybackUrlResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            404: components["responses"]["NotFoundError"];
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    createCheckoutSession: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                 *       "plan": "family",
                 *       "interval": "year"
                 *     }
                 */
                "application/json": components["schemas"]["CreateCheckoutSessionRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "sessionId": "cs_test_a1B2c3",
                     *         "url": "https://checkout.stripe.com/c/pay/cs_test_a1B2c3"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["CreateCheckoutSessionResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            /** @description `CONFLICT` (subscribed, in_progress): The present state forbids it; details.reason says why. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConflictError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "subscribed" | "in_progress";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    createPortalSession: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e"
                 *     }
                 */
                "application/json": components["schemas"]["CreatePortalSessionRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "url": "https://billing.stripe.com/p/session/test_a1B2c3"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["CreatePortalSessionResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            /** @description `CONFLICT` (no_customer): The present state forbids it; details.reason says why. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConflictError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "no_customer";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    stripeWebhook: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description Stripe's signature over the time and the raw body: `t=<seconds>,v1=<hex>[,v1=<hex>]`.
                 * @example t=1795173600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd
                 */
                "Stripe-Signature": components["parameters"]["StripeSignature"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description The raw bytes of the event, at most 512 KiB, exactly as Stripe sent and signed them; parsing and writing them again breaks the signature. */
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_1a2b3c",
                 *       "object": "event",
                 *       "type": "customer.subscription.updated",
                 *       "created": 1795173600,
                 *       "livemode": false,
                 *       "data": {
                 *         "object": {
                 *           "id": "sub_1a2b3c",
                 *           "object": "subscription",
                 *           "customer": "cus_1a2b3c"
                 *         }
                 *       }
                 *     }
                 */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "received": true
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["StripeWebhookResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            413: components["responses"]["PayloadTooLargeError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    getHealthz: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "status": "ok"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["AliveResponse"];
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            500: components["responses"]["InternalError"];
        };
    };
    getReadyz: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "status": "ok"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["AliveResponse"];
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "status": "ok",
                     *         "checks": {
                     *           "database": "ok",
                     *           "configuration": "ok",
                     *           "storage": "ok",
                     *           "stripe": "ok"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["HealthResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            413: components["responses"]["PayloadTooLargeError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    getHealthBesideTheOperations: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "status": "ok",
                     *         "checks": {
                     *           "database": "ok",
                     *           "configuration": "ok",
                     *           "storage": "ok",
                     *           "stripe": "ok"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["HealthResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            413: components["responses"]["PayloadTooLargeError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    getOpenapi: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "openapi": "3.1.0",
                     *       "info": {
                     *         "title": "Stories From the Sun"
                     *       },
                     *       "paths": {}
                     *     }
                     */
                    "application/json": Record<string, never>;
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            500: components["responses"]["InternalError"];
        };
    };
    listFamilies: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
            };
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "families": [
                     *           {
                     *             "id": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *             "name": "Moreno",
                     *             "locale": "es",
                     *             "role": "keeper",
                     *             "createdAt": "2026-11-20T10:00:00Z",
                     *             "lastVerifiedAt": "2026-11-22T02:05:11Z",
                     *             "members": [
                     *               {
                     *                 "userId": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
                     *                 "displayName": "Ana",
                     *                 "role": "keeper",
                     *                 "joinedAt": "2026-11-20T10:00:00Z"
                     *               },
                     *               {
                     *                 "userId": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *                 "displayName": "Abuela Rosa",
                     *                 "role": "storyteller",
                     *                 "joinedAt": "2026-11-21T08:15:00Z"
                     *               }
                     *             ],
                     *             "entitlement": {
                     *               "plan": "free",
                     *               "status": "active",
                     *               "storageQuotaBytes": 1073741824,
                     *               "storageUsedBytes": 4815162,
                     *               "storageReservedBytes": 0,
                     *               "maxRecordingSeconds": 600,
                     *               "currentPeriodEnd": null,
                     *               "cancelAtPeriodEnd": false
                     *             }
                     *           }
                     *         ],
                     *         "nextCursor": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["FamiliesResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            413: components["responses"]["PayloadTooLargeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    getFamily: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                familyId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "family": {
                     *           "id": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "name": "Moreno",
                     *           "locale": "es",
                     *           "role": "keeper",
                     *           "createdAt": "2026-11-20T10:00:00Z",
                     *           "lastVerifiedAt": "2026-11-22T02:05:11Z",
                     *           "members": [
                     *             {
                     *               "userId": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
                     *               "displayName": "Ana",
                     *               "role": "keeper",
                     *               "joinedAt": "2026-11-20T10:00:00Z"
                     *             },
                     *             {
                     *               "userId": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *               "displayName": "Abuela Rosa",
                     *               "role": "storyteller",
                     *               "joinedAt": "2026-11-21T08:15:00Z"
                     *             }
                     *           ],
                     *           "entitlement": {
                     *             "plan": "free",
                     *             "status": "active",
                     *             "storageQuotaBytes": 1073741824,
                     *             "storageUsedBytes": 4815162,
                     *             "storageReservedBytes": 0,
                     *             "maxRecordingSeconds": 600,
                     *             "currentPeriodEnd": null,
                     *             "cancelAtPeriodEnd": false
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["FamilyResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            413: components["responses"]["PayloadTooLargeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    updateFamily: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                familyId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Moreno Díaz"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateFamilyRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "family": {
                     *           "id": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "name": "Moreno Díaz",
                     *           "locale": "es",
                     *           "role": "keeper",
                     *           "createdAt": "2026-11-20T10:00:00Z",
                     *           "lastVerifiedAt": "2026-11-22T02:05:11Z",
                     *           "members": [
                     *             {
                     *               "userId": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
                     *               "displayName": "Ana",
                     *               "role": "keeper",
                     *               "joinedAt": "2026-11-20T10:00:00Z"
                     *             },
                     *             {
                     *               "userId": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *               "displayName": "Abuela Rosa",
                     *               "role": "storyteller",
                     *               "joinedAt": "2026-11-21T08:15:00Z"
                     *             }
                     *           ],
                     *           "entitlement": {
                     *             "plan": "free",
                     *             "status": "active",
                     *             "storageQuotaBytes": 1073741824,
                     *             "storageUsedBytes": 4815162,
                     *             "storageReservedBytes": 0,
                     *             "maxRecordingSeconds": 600,
                     *             "currentPeriodEnd": null,
                     *             "cancelAtPeriodEnd": false
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["FamilyResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                familyId: string;
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "member": {
                     *           "userId": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *           "displayName": "Abuela Rosa",
                     *           "role": "storyteller",
                     *           "joinedAt": "2026-11-21T08:15:00Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["MemberResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            404: components["responses"]["NotFoundError"];
            /** @description `CONFLICT` (last_keeper): The present state forbids it; details.reason says why. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConflictError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "last_keeper";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    updateMember: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                familyId: string;
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "role": "keeper"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateMemberRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "member": {
                     *           "userId": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *           "displayName": "Abuela Rosa",
                     *           "role": "keeper",
                     *           "joinedAt": "2026-11-21T08:15:00Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["MemberResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            404: components["responses"]["NotFoundError"];
            /** @description `CONFLICT` (last_keeper): The present state forbids it; details.reason says why. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConflictError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "last_keeper";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    listInvites: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
            };
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                familyId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "invites": [
                     *           {
                     *             "id": "51f0e9d8-c7b6-4a59-8432-1f0e9d8c7b6a",
                     *             "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *             "email": "rosa@example.org",
                     *             "role": "storyteller",
                     *             "maxUses": 1,
                     *             "usedCount": 0,
                     *             "expiresAt": "2026-11-27T10:05:00Z",
                     *             "revokedAt": null,
                     *             "createdAt": "2026-11-20T10:05:00Z"
                     *           }
                     *         ],
                     *         "nextCursor": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["InvitesResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            413: components["responses"]["PayloadTooLargeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    revokeInvite: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                inviteId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "invite": {
                     *           "id": "51f0e9d8-c7b6-4a59-8432-1f0e9d8c7b6a",
                     *           "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "email": "rosa@example.org",
                     *           "role": "storyteller",
                     *           "maxUses": 1,
                     *           "usedCount": 0,
                     *           "expiresAt": "2026-11-27T10:05:00Z",
                     *           "revokedAt": "2026-11-20T11:00:00Z",
                     *           "createdAt": "2026-11-20T10:05:00Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["InviteResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            404: components["responses"]["NotFoundError"];
            413: components["responses"]["PayloadTooLargeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    resendInvite: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                inviteId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "invite": {
                     *           "id": "51f0e9d8-c7b6-4a59-8432-1f0e9d8c7b6a",
                     *           "code": "KLM-NPQ-RST",
                     *           "joinUrl": "https://app.example.org/join#KLM-NPQ-RST",
                     *           "expiresAt": "2026-11-27T10:05:00Z",
                     *           "maxUses": 1,
                     *           "emailQueued": true
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["IssuedInviteResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            404: components["responses"]["NotFoundError"];
            /** @description `CONFLICT` (revoked, used_up, too_many_invites): The present state forbids it; details.reason says why. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConflictError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "revoked" | "used_up" | "too_many_invites";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "me": {
                     *           "userId": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
                     *           "displayName": "Ana",
                     *           "locale": "es"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["MeResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            413: components["responses"]["PayloadTooLargeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    updateMe: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "displayName": "Ana María"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateMeRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "me": {
                     *           "userId": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
                     *           "displayName": "Ana María",
                     *           "locale": "es"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["MeResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    listPrompts: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
            };
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                familyId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "prompts": [
                     *           {
                     *             "id": "d4c3b2a1-0f9e-4d8c-b7a6-958473625140",
                     *             "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *             "text": "What did your kitchen smell of when you were a child?",
                     *             "locale": "en",
                     *             "createdBy": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
                     *             "createdAt": "2026-11-20T10:04:00Z"
                     *           }
                     *         ],
                     *         "nextCursor": "WyI2ZjFjMmMxZTNiMGEi"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["PromptsResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            413: components["responses"]["PayloadTooLargeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    createPrompt: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                familyId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "text": "What did your kitchen smell of when you were a child?",
                 *       "locale": "en"
                 *     }
                 */
                "application/json": components["schemas"]["CreatePromptRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "prompt": {
                     *           "id": "d4c3b2a1-0f9e-4d8c-b7a6-958473625140",
                     *           "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "text": "What did your kitchen smell of when you were a child?",
                     *           "locale": "en",
                     *           "createdBy": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
                     *           "createdAt": "2026-11-20T10:04:00Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["PromptResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    deletePrompt: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                promptId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "prompt": {
                     *           "id": "d4c3b2a1-0f9e-4d8c-b7a6-958473625140",
                     *           "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "text": "What did your kitchen smell of when you were a child?",
                     *           "locale": "en",
                     *           "createdBy": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
                     *           "createdAt": "2026-11-20T10:04:00Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["PromptResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            404: components["responses"]["NotFoundError"];
            413: components["responses"]["PayloadTooLargeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    updatePrompt: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                promptId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "text": "What did your mother cook on Sundays?"
                 *     }
                 */
                "application/json": components["schemas"]["UpdatePromptRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "prompt": {
                     *           "id": "d4c3b2a1-0f9e-4d8c-b7a6-958473625140",
                     *           "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "text": "What did your mother cook on Sundays?",
                     *           "locale": "en",
                     *           "createdBy": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
                     *           "createdAt": "2026-11-20T10:04:00Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["PromptResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            404: components["responses"]["NotFoundError"];
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    listRecordings: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                promptId?: string;
                trashed?: boolean;
            };
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                familyId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Here it is. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "recordings": [
                     *           {
                     *             "id": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506",
                     *             "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *             "promptId": "d4c3b2a1-0f9e-4d8c-b7a6-958473625140",
                     *             "title": "The bakery on Calle Mayor",
                     *             "sizeBytes": 4815162,
                     *             "durationSeconds": 312.4,
                     *             "contentType": "audio/mp4",
                     *             "recordedAt": "2026-11-21T09:30:00Z",
                     *             "createdBy": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *             "createdAt": "2026-11-21T09:36:12Z",
                     *             "deletedAt": null,
                     *             "rescued": false
                     *           }
                     *         ],
                     *         "nextCursor": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["RecordingsResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            413: components["responses"]["PayloadTooLargeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    deleteRecording: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                recordingId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "recording": {
                     *           "id": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506",
                     *           "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "promptId": "d4c3b2a1-0f9e-4d8c-b7a6-958473625140",
                     *           "title": "The bakery on Calle Mayor",
                     *           "sizeBytes": 4815162,
                     *           "durationSeconds": 312.4,
                     *           "contentType": "audio/mp4",
                     *           "recordedAt": "2026-11-21T09:30:00Z",
                     *           "createdBy": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *           "createdAt": "2026-11-21T09:36:12Z",
                     *           "deletedAt": "2026-11-23T07:00:00Z",
                     *           "rescued": false,
                     *           "daysLeft": 30
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["RecordingResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            404: components["responses"]["NotFoundError"];
            413: components["responses"]["PayloadTooLargeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    updateRecording: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                recordingId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "The bakery",
                 *       "promptId": null
                 *     }
                 */
                "application/json": components["schemas"]["UpdateRecordingRequest"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "recording": {
                     *           "id": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506",
                     *           "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "promptId": "d4c3b2a1-0f9e-4d8c-b7a6-958473625140",
                     *           "title": "The bakery",
                     *           "sizeBytes": 4815162,
                     *           "durationSeconds": 312.4,
                     *           "contentType": "audio/mp4",
                     *           "recordedAt": "2026-11-21T09:30:00Z",
                     *           "createdBy": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *           "createdAt": "2026-11-21T09:36:12Z",
                     *           "deletedAt": null,
                     *           "rescued": false
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["RecordingResponse"];
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            404: components["responses"]["NotFoundError"];
            /** @description `CONFLICT` (deleted): The present state forbids it; details.reason says why. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConflictError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "deleted";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    restoreRecording: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                recordingId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "recording": {
                     *           "id": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506",
                     *           "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "promptId": "d4c3b2a1-0f9e-4d8c-b7a6-958473625140",
                     *           "title": "The bakery on Calle Mayor",
                     *           "sizeBytes": 4815162,
                     *           "durationSeconds": 312.4,
                     *           "contentType": "audio/mp4",
                     *           "recordedAt": "2026-11-21T09:30:00Z",
                     *           "createdBy": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *           "createdAt": "2026-11-21T09:36:12Z",
                     *           "deletedAt": null,
                     *           "rescued": false
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["RecordingResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            404: components["responses"]["NotFoundError"];
            /** @description `CONFLICT` (purging): The present state forbids it; details.reason says why. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConflictError"] & {
                        error?: {
                            details?: {
                                /** @enum {unknown} */
                                reason?: "purging";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
}

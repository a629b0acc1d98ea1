// The types of the Stories From the Sun API. Written by `make generate`; see docs/wire.md.

export interface paths {
    "/functions/v1/create-family": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Create a family with the caller as its keeper
         * @description Create a family with the caller as its keeper. It starts on the free plan, with prompts in its language. A person can keep at most three free families.
         *
         *     Limit: 60 calls a minute, class `writes`.
         *
         *     Accepts an `Idempotency-Key`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Create an invite to the family
         * @description Create an invite to the family. Keepers only. Only this response contains the code. With `email` a mail is queued, unless the mails that the family or the address may get in a day are used up: then `metadata.warnings` has mail_limit_reached.
         *
         *     Limit: 20 calls a minute, class `invites`.
         *
         *     Accepts an `Idempotency-Key`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Join the family of an invite code
         * @description Join the family of an invite code. A caller who is a member already gets `alreadyMember`, and the invite keeps its uses. Every invalid code gets the same response, and counts towards the limits of wrong codes.
         *
         *     Limit: 20 calls a minute, class `redeem`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Reserve storage for a recording and return a signed upload URL
         * @description Reserve storage for a recording and return a signed upload URL. The URL accepts one PUT of exactly this size, type and, with `contentMd5`, content. Membership, subscription, quota and duration are checked in this order.
         *
         *     Limit: 60 calls a minute, class `writes`.
         *
         *     Accepts an `Idempotency-Key`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Turn the caller's uploaded file into a recording
         * @description Turn the caller's uploaded file into a recording. A repeated call returns the same recording. An upload is never refused here for quota or billing, nor for its waveform: one that is not there yet, or is not as documented, is left out for good.
         *
         *     Limit: 60 calls a minute, class `writes`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Return a signed URL to play a recording
         * @description Return a signed URL to play a recording. For members of its family; from the trash, for its creator and keepers only. The URL is valid for 15 minutes.
         *
         *     Limit: 200 calls a minute, class `reads`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Start a Stripe checkout for a plan of the family
         * @description Start a Stripe checkout for a plan of the family. Keepers only. Returns the family's open session for this plan and interval; otherwise creates one and expires any other. CONFLICT subscribed: change the plan in the portal. CONFLICT in_progress: another request was faster.
         *
         *     Limit: 20 calls a minute, class `payment`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Return a URL of the family's Stripe billing portal
         * @description Return a URL of the family's Stripe billing portal. Keepers only. The URL is valid for a few minutes. CONFLICT no_customer: the family never started a checkout.
         *
         *     Limit: 20 calls a minute, class `payment`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Receive an event that Stripe signed
         * @description Receive an event that Stripe signed. An event is stored once, however often Stripe sends it. INTERNAL means that it could not be stored; Stripe then sends it again. Its job runs at once when time allows, else by the queue.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Report that the process is running
         * @description Report that the process is running. Nothing else is checked.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Report whether Postgres answers within two seconds
         * @description Report whether Postgres answers within two seconds. It is asked at most once a second. SERVICE_UNAVAILABLE when it does not answer.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Check the configuration and every service the app needs
         * @description Check the configuration and every service the app needs. The queue, the schedules, the audit and the second copies are checked too. The checks run at most once in 15 seconds. The status is that of the worst check; where it is `fail` the answer is SERVICE_UNAVAILABLE, with status and checks in its details. UNAUTHORIZED without HEALTH_TOKEN, which local and dev alone may do without.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Check the configuration and every service the app needs
         * @description Check the configuration and every service the app needs. The queue, the schedules, the audit and the second copies are checked too. The checks run at most once in 15 seconds. The status is that of the worst check; where it is `fail` the answer is SERVICE_UNAVAILABLE, with status and checks in its details. UNAUTHORIZED without HEALTH_TOKEN, which local and dev alone may do without.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Return the OpenAPI document of this API
         * @description Return the OpenAPI document of this API.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * List the caller's families, oldest membership first
         * @description List the caller's families, oldest membership first. The first one is the active family.
         *
         *     Limit: 200 calls a minute, class `reads`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Return a family with its members and its entitlement
         * @description Return a family with its members and its entitlement.
         *
         *     Limit: 200 calls a minute, class `reads`.
         */
        get: operations["getFamily"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a family's name or language
         * @description Change a family's name or language. Keepers only.
         *
         *     Limit: 60 calls a minute, class `writes`.
         */
        patch: operations["updateFamily"];
        trace?: never;
    };
    "/v1/families/{familyId}/members/{userId}": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Remove a member from a family, or leave it
         * @description Remove a member from a family, or leave it. A keeper removes others, everyone may leave. CONFLICT last_keeper: a family needs at least one keeper.
         *
         *     Limit: 60 calls a minute, class `writes`.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /**
         * Change a member's role
         * @description Change a member's role. Keepers only. CONFLICT last_keeper: a family needs at least one keeper.
         *
         *     Limit: 60 calls a minute, class `writes`.
         */
        patch: operations["updateMember"];
        trace?: never;
    };
    "/v1/families/{familyId}/invites": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * List a family's invites, newest first
         * @description List a family's invites, newest first. Keepers only. Expired, revoked and used-up invites are included.
         *
         *     Limit: 200 calls a minute, class `reads`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Revoke an invite
         * @description Revoke an invite. Keepers only. Its code stops working at once.
         *
         *     Limit: 60 calls a minute, class `writes`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Replace an invite's code and queue its mail again
         * @description Replace an invite's code and queue its mail again. Keepers only. The old code stops working at once; the new one is valid for as many days as the first one was.
         *
         *     Limit: 20 calls a minute, class `invites`.
         */
        post: operations["resendInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/families/{familyId}/parked-uploads": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * List the uploads that wait for a keeper's decision, newest first
         * @description List the uploads that wait for a keeper's decision, newest first. Keepers only.
         *
         *     Limit: 200 calls a minute, class `reads`.
         */
        get: operations["listParkedUploads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/parked-uploads/{uploadId}/accept": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Accept a former member's upload as their recording
         * @description Accept a former member's upload as their recording. Keepers only, within 30 days.
         *
         *     Limit: 60 calls a minute, class `writes`.
         */
        post: operations["acceptParkedUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/parked-uploads/{uploadId}/decline": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Decline a former member's upload
         * @description Decline a former member's upload. Keepers only. The file is deleted within the hour.
         *
         *     Limit: 60 calls a minute, class `writes`.
         */
        post: operations["declineParkedUpload"];
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * Return the caller's profile
         * @description Return the caller's profile. Before the first change it has no name, and English.
         *
         *     Limit: 200 calls a minute, class `reads`.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change the caller's display name or language
         * @description Change the caller's display name or language. The name changes in all their families.
         *
         *     Limit: 60 calls a minute, class `writes`.
         */
        patch: operations["updateMe"];
        trace?: never;
    };
    "/v1/families/{familyId}/prompts": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * List a family's prompts, newest first
         * @description List a family's prompts, newest first.
         *
         *     Limit: 200 calls a minute, class `reads`.
         */
        get: operations["listPrompts"];
        put?: never;
        /**
         * Add a prompt to a family
         * @description Add a prompt to a family.
         *
         *     Limit: 60 calls a minute, class `writes`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Delete a prompt
         * @description Delete a prompt. Its author and keepers only. Recordings that answer it stay, and keep its id.
         *
         *     Limit: 60 calls a minute, class `writes`.
         */
        delete: operations["deletePrompt"];
        options?: never;
        head?: never;
        /**
         * Change a prompt's text or language
         * @description Change a prompt's text or language. Its author and keepers only.
         *
         *     Limit: 60 calls a minute, class `writes`.
         */
        patch: operations["updatePrompt"];
        trace?: never;
    };
    "/v1/families/{familyId}/recordings": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        /**
         * List a family's recordings, newest first
         * @description List a family's recordings, newest first. `promptId` selects the answers to a prompt, `trashed` the trash.
         *
         *     Limit: 200 calls a minute, class `reads`.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Move a recording to the trash
         * @description Move a recording to the trash. Its creator and keepers only. It can be restored for 30 days.
         *
         *     Limit: 60 calls a minute, class `writes`.
         */
        delete: operations["deleteRecording"];
        options?: never;
        head?: never;
        /**
         * Change a recording's title, prompt or date
         * @description Change a recording's title, prompt or date. Its creator and keepers only. Null clears the title or the prompt.
         *
         *     Limit: 60 calls a minute, class `writes`.
         */
        patch: operations["updateRecording"];
        trace?: never;
    };
    "/v1/recordings/{recordingId}/restore": {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
         * Restore a recording from the trash
         * @description Restore a recording from the trash. Its creator and keepers only. CONFLICT purging: its 30 days are over.
         *
         *     Limit: 60 calls a minute, class `writes`.
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
            /** @description The caller's name in this family. Default: the name in the profile. */
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
            /** @description Default: the family's language. */
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
            /** @description Of a JSON array of 1 to 65,536 numbers from -32768 to 32768, uploaded before finalizing. */
            waveformSizeBytes?: number | null;
        };
        RedeemInviteRequest: {
            /** @description Upper and lower case, spaces and dashes make no difference. */
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
        AcceptedUploadResponse: {
            recording: components["schemas"]["Recording"];
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
        DeclinedUploadResponse: {
            upload: components["schemas"]["ParkedUpload"];
        };
        /** @description What a family may store and what it stores; sizes in bytes, lengths in seconds. */
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
            /** @description When the nightly audit last found every recording of the family complete. */
            lastVerifiedAt: string | null;
            members: components["schemas"]["Member"][];
            entitlement: components["schemas"]["Entitlement"];
            features: components["schemas"]["Features"];
        };
        FamilyResponse: {
            family: components["schemas"]["Family"];
        };
        /** @description What is on for a family. A flag that the app knows and that is not here is off. */
        Features: {
            /** @description Off: get-signed-upload-url answers UPLOADS_PAUSED. Keep what was recorded, and upload later. */
            uploads: boolean;
            /** @description Off: the family is suspended, and whatever would change it answers FAMILY_SUSPENDED. */
            writes: boolean;
        } & {
            [key: string]: boolean;
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
            /** @description Null where no waveform was there, or none as documented, when the recording was made. */
            waveformUrl: string | null;
        };
        GetSignedUploadUrlResponse: {
            /** Format: uuid */
            recordingId: string;
            uploadUrl: string;
            /** @description Send them unchanged. The client's HTTP stack adds host and content-length. */
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
            /** @description Of the audio and the waveform together. */
            reservedBytes: number;
        };
        /** @description One thing that was checked. */
        HealthCheck: {
            name: string;
            /** @enum {string} */
            status: "pass" | "warn" | "fail";
            /** @description A code, where the status is not `pass`; the operator's page on health says what each means. */
            reason: string | null;
            measures: {
                [key: string]: number;
            };
            /** @description When it last succeeded or happened, for what has such a moment. */
            lastAt: string | null;
        };
        HealthResponse: {
            /** @enum {string} */
            status: "pass" | "warn" | "fail";
            /** @description The worst first. */
            checks: components["schemas"]["HealthCheck"][];
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
            /** @description When no mail server took the invite's mail, because of its address; the code works all the same. */
            mailRefusedAt: string | null;
            /** @description The keeper who made its present code, by inviting or resending; null when their account is gone. */
            createdBy: string | null;
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
        /** @description An upload that arrived after its uploader had left the family. */
        ParkedUpload: {
            /**
             * Format: uuid
             * @description The id of the recording that it becomes when a keeper accepts it.
             */
            id: string;
            /** Format: uuid */
            familyId: string;
            sizeBytes: number;
            durationSeconds: number;
            contentType: string;
            /** @description The former member who uploaded it; null when their account is gone. */
            createdBy: string | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            storedAt: string;
            /**
             * Format: date-time
             * @description When it is deleted unless a keeper accepts it.
             */
            decideUntil: string;
        };
        ParkedUploadsResponse: {
            uploads: components["schemas"]["ParkedUpload"][];
            nextCursor: string | null;
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
        /** @description What the object store reports about the file. The phone keeps its file until it has a receipt. */
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
            /** @description Kept by the server itself: the phone uploaded it and never sent finalize-recording. */
            rescued: boolean;
            /** @description Days until it is deleted for good; absent outside the trash. */
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
        /** @description The token is missing, malformed, expired, anonymous or issued for another audience. */
        UnauthorizedError: {
            error: {
                /** @constant */
                code: "UNAUTHORIZED";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The caller is not a member of this family, or lacks the role; the same for an unknown family. */
        ForbiddenError: {
            error: {
                /** @constant */
                code: "FORBIDDEN";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The family's payment is overdue for too long. Only new uploads are refused. */
        SubscriptionInactiveError: {
            error: {
                /** @constant */
                code: "SUBSCRIPTION_INACTIVE";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The operator has suspended the family. Reading, playing, restoring and leaving go on. */
        FamilySuspendedError: {
            error: {
                /** @constant */
                code: "FAMILY_SUSPENDED";
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
        /** @description The upload does not fit into the family's storage. */
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
        /** @description The request is malformed. `details` names each field and the reason, never the value sent. */
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
        /** @description The id is unknown, or the caller may not see it. */
        NotFoundError: {
            error: {
                /** @constant */
                code: "NOT_FOUND";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The code is malformed, unknown, expired, revoked or used up; the response is always the same. */
        InviteNotValidError: {
            error: {
                /** @constant */
                code: "INVITE_NOT_VALID";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The object store has no such file yet. Upload it, then finalize again. */
        UploadNotFoundError: {
            error: {
                /** @constant */
                code: "UPLOAD_NOT_FOUND";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description Size, type or content of the uploaded file differ from what was announced. */
        UploadMismatchError: {
            error: {
                /** @constant */
                code: "UPLOAD_MISMATCH";
                /** @description For a person to read. */
                message: string;
                details: {
                    /** @enum {string} */
                    reason: "content" | "content_type" | "size";
                };
            };
        };
        /** @description The current state does not allow this. `details.reason` says why. */
        ConflictError: {
            error: {
                /** @constant */
                code: "CONFLICT";
                /** @description For a person to read. */
                message: string;
                details: {
                    /** @enum {string} */
                    reason: "already_finalized" | "deleted" | "idempotency_key_reused" | "in_progress" | "keeps_too_many_families" | "last_keeper" | "no_customer" | "purging" | "revoked" | "subscribed" | "too_many_free_families" | "too_many_invites" | "too_many_prompts" | "too_many_uploads" | "used_up";
                };
            };
        };
        /** @description The body is larger than 64 KiB (stripe-webhook: 512 KiB). */
        PayloadTooLargeError: {
            error: {
                /** @constant */
                code: "PAYLOAD_TOO_LARGE";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description The content type is not JSON in UTF-8. */
        UnsupportedMediaTypeError: {
            error: {
                /** @constant */
                code: "UNSUPPORTED_MEDIA_TYPE";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description Too many calls. Wait `Retry-After` seconds. */
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
        /** @description A service that the operation needs is down or too slow. A retry is safe. */
        ServiceUnavailableError: {
            error: {
                /** @constant */
                code: "SERVICE_UNAVAILABLE";
                /** @description For a person to read. */
                message: string;
                /** @description Of /health alone: what is wrong. */
                details?: components["schemas"]["HealthResponse"];
            };
        };
        /** @description The operator has paused new uploads. Those under way can be finalized. */
        UploadsPausedError: {
            error: {
                /** @constant */
                code: "UPLOADS_PAUSED";
                /** @description For a person to read. */
                message: string;
            };
        };
        /** @description A fault of the server. It is reported. */
        InternalError: {
            error: {
                /** @constant */
                code: "INTERNAL";
                /** @description For a person to read. */
                message: string;
            };
        };
        AppEvents: {
            auth_magic_link_requested: {
                familyId?: string | null;
            };
            auth_magic_link_verified: {
                familyId?: string | null;
            };
            auth_signed_in: {
                familyId?: string | null;
            };
            auth_signed_out: {
                familyId?: string | null;
            };
            onboarding_completed: {
                /** Format: uuid */
                familyId: string;
            };
            recording_started: {
                /** Format: uuid */
                familyId: string;
                recordingId?: string | null;
                promptId?: string | null;
                duration?: number | null;
            };
            recording_paused: {
                /** Format: uuid */
                familyId: string;
                recordingId?: string | null;
                promptId?: string | null;
                duration?: number | null;
            };
            recording_resumed: {
                /** Format: uuid */
                familyId: string;
                recordingId?: string | null;
                promptId?: string | null;
                duration?: number | null;
            };
            recording_completed: {
                /** Format: uuid */
                familyId: string;
                recordingId?: string | null;
                promptId?: string | null;
                duration?: number | null;
            };
            playback_started: {
                /** Format: uuid */
                familyId: string;
                /** Format: uuid */
                recordingId: string;
            };
            playback_completed: {
                /** Format: uuid */
                familyId: string;
                /** Format: uuid */
                recordingId: string;
            };
        };
        ServerEvents: {
            onboarding_family_created: {
                /** Format: uuid */
                familyId: string;
            };
            invitation_created: {
                /** Format: uuid */
                familyId: string;
            };
            invitation_redeemed: {
                /** Format: uuid */
                familyId: string;
            };
            recording_upload_started: {
                /** Format: uuid */
                familyId: string;
                recordingId?: string | null;
                promptId?: string | null;
                duration?: number | null;
            };
            recording_saved: {
                /** Format: uuid */
                familyId: string;
                recordingId?: string | null;
                promptId?: string | null;
                duration?: number | null;
                sizeBytes: number;
                rescued?: boolean;
            };
            billing_checkout_started: {
                /** Format: uuid */
                familyId: string;
                /** @enum {string} */
                plan: "free" | "family" | "legacy";
                /** @enum {string} */
                interval: "month" | "year";
            };
            billing_checkout_completed: {
                /** Format: uuid */
                familyId: string;
                /** @enum {string} */
                plan: "free" | "family" | "legacy";
                previousPlan?: ("free" | "family" | "legacy") | null;
            };
            billing_portal_opened: {
                /** Format: uuid */
                familyId: string;
            };
            billing_plan_changed: {
                /** Format: uuid */
                familyId: string;
                /** @enum {string} */
                plan: "free" | "family" | "legacy";
                previousPlan?: ("free" | "family" | "legacy") | null;
            };
            billing_subscription_canceled: {
                /** Format: uuid */
                familyId: string;
                /** @enum {string} */
                plan: "free" | "family" | "legacy";
                previousPlan?: ("free" | "family" | "legacy") | null;
            };
            billing_subscription_renewed: {
                /** Format: uuid */
                familyId: string;
                /** @enum {string} */
                plan: "free" | "family" | "legacy";
                previousPlan?: ("free" | "family" | "legacy") | null;
            };
            settings_language_changed: {
                /** @enum {string} */
                locale: "en" | "es" | "fr";
                previousLocale?: ("en" | "es" | "fr") | null;
            };
            prompt_created: {
                /** Format: uuid */
                familyId: string;
                /** Format: uuid */
                promptId: string;
            };
        };
    };
    responses: {
        /** @description `UNAUTHORIZED`: The token is missing, malformed, expired, anonymous or issued for another audience. */
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
        /** @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family. */
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
        /** @description `SUBSCRIPTION_INACTIVE`: The family's payment is overdue for too long. Only new uploads are refused. */
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
        /** @description `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on. */
        FamilySuspendedError: {
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
                "application/json": components["schemas"]["FamilySuspendedError"];
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
        /** @description `QUOTA_EXCEEDED`: The upload does not fit into the family's storage. */
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
        /** @description `VALIDATION_FAILED`: The request is malformed. `details` names each field and the reason, never the value sent. */
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
        /** @description `NOT_FOUND`: The id is unknown, or the caller may not see it. */
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
        /** @description `INVITE_NOT_VALID`: The code is malformed, unknown, expired, revoked or used up; the response is always the same. */
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
        /** @description `UPLOAD_NOT_FOUND`: The object store has no such file yet. Upload it, then finalize again. */
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
        /** @description `PAYLOAD_TOO_LARGE`: The body is larger than 64 KiB (stripe-webhook: 512 KiB). */
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
        /** @description `UNSUPPORTED_MEDIA_TYPE`: The content type is not JSON in UTF-8. */
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
        /** @description `RATE_LIMIT`: Too many calls. Wait `Retry-After` seconds. */
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
        /** @description `SERVICE_UNAVAILABLE`: A service that the operation needs is down or too slow. A retry is safe. */
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
        /** @description `UPLOADS_PAUSED`: The operator has paused new uploads. Those under way can be finalized. */
        UploadsPausedError: {
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
                "application/json": components["schemas"]["UploadsPausedError"];
            };
        };
        /** @description `INTERNAL`: A fault of the server. It is reported. */
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
         * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
         * @example 3f2a9c-retry-1
         */
        RequestId: string;
        /**
         * @description Makes a retry safe: the same person, key and body get the same result for 24 hours. The same key with another body is refused: CONFLICT idempotency_key_reused.
         * @example 4d1f0c6e-create-family
         */
        IdempotencyKey: string;
        /**
         * @description Stripe's signature of the time and the raw body: `t=<seconds>,v1=<hex>[,v1=<hex>]`.
         * @example t=1795173600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd
         */
        StripeSignature: string;
    };
    requestBodies: never;
    headers: {
        /** @description The id of this request in all logs. Send it to support. */
        "x-request-id": string;
        /** @description No cache may store it. */
        "Cache-Control": "no-store";
        "X-Content-Type-Options": "nosniff";
        /** @description The request's origin if it is allowed, or `*` where all origins are. */
        "Access-Control-Allow-Origin": string;
        /** @description The headers that a script in a browser may read. */
        "Access-Control-Expose-Headers": "x-request-id, retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset";
        /** @description `Origin`, unless every origin is allowed. */
        Vary: "Origin";
        /** @description Whole seconds to wait before the next try. */
        "Retry-After": number;
        /** @description Calls allowed in a window. */
        "X-RateLimit-Limit": number;
        /** @description Calls left in the window. */
        "X-RateLimit-Remaining": number;
        /** @description When the next call is allowed, in epoch seconds. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description Makes a retry safe: the same person, key and body get the same result for 24 hours. The same key with another body is refused: CONFLICT idempotency_key_reused.
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
            /** @description Create a family with the caller as its keeper. */
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
                        /** @description Present when a part of the operation failed and the rest succeeded. */
                        metadata?: {
                            warnings: "prompts_not_seeded"[];
                        };
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["ForbiddenError"];
            /** @description `CONFLICT` (too_many_free_families, idempotency_key_reused): The current state does not allow this. `details.reason` says why. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description Makes a retry safe: the same person, key and body get the same result for 24 hours. The same key with another body is refused: CONFLICT idempotency_key_reused.
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
            /** @description Create an invite to the family. */
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
                        /** @description Present when a part of the operation failed and the rest succeeded. */
                        metadata?: {
                            warnings: "mail_limit_reached"[];
                        };
                    };
                };
            };
            400: components["responses"]["ValidationFailedError"];
            401: components["responses"]["UnauthorizedError"];
            /**
             * @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family.
             *     `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on.
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
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["FamilySuspendedError"];
                };
            };
            /** @description `CONFLICT` (too_many_invites, idempotency_key_reused): The current state does not allow this. `details.reason` says why. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Join the family of an invite code. */
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
            403: components["responses"]["FamilySuspendedError"];
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description Makes a retry safe: the same person, key and body get the same result for 24 hours. The same key with another body is refused: CONFLICT idempotency_key_reused.
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
            /** @description Reserve storage for a recording and return a signed upload URL. */
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
             * @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family.
             *     `SUBSCRIPTION_INACTIVE`: The family's payment is overdue for too long. Only new uploads are refused.
             *     `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on.
             *     `ENTITLEMENT_INACTIVE`: The operator has suspended uploads of this family.
             *     `QUOTA_EXCEEDED`: The upload does not fit into the family's storage.
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
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["SubscriptionInactiveError"] | components["schemas"]["FamilySuspendedError"] | components["schemas"]["EntitlementInactiveError"] | components["schemas"]["QuotaExceededError"] | components["schemas"]["DurationExceededError"];
                };
            };
            /** @description `CONFLICT` (too_many_uploads, already_finalized, idempotency_key_reused): The current state does not allow this. `details.reason` says why. */
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
                                reason?: "too_many_uploads" | "already_finalized" | "idempotency_key_reused";
                            };
                        };
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            /**
             * @description `SERVICE_UNAVAILABLE`: A service that the operation needs is down or too slow. A retry is safe.
             *     `UPLOADS_PAUSED`: The operator has paused new uploads. Those under way can be finalized.
             */
            503: {
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
                    "application/json": components["schemas"]["ServiceUnavailableError"] | components["schemas"]["UploadsPausedError"];
                };
            };
        };
    };
    finalizeRecording: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Turn the caller's uploaded file into a recording. */
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
             * @description `UPLOAD_NOT_FOUND`: The object store has no such file yet. Upload it, then finalize again.
             *     `UPLOAD_MISMATCH` (size, content_type, content): Size, type or content of the uploaded file differ from what was announced.
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Return a signed URL to play a recording. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Start a Stripe checkout for a plan of the family. */
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
            /** @description `CONFLICT` (subscribed, in_progress): The current state does not allow this. `details.reason` says why. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Return a URL of the family's Stripe billing portal. */
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
            /** @description `CONFLICT` (no_customer): The current state does not allow this. `details.reason` says why. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description Stripe's signature of the time and the raw body: `t=<seconds>,v1=<hex>[,v1=<hex>]`.
                 * @example t=1795173600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd
                 */
                "Stripe-Signature": components["parameters"]["StripeSignature"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description The raw bytes of the event, at most 512 KiB, exactly as Stripe sent and signed them. A body that was parsed and written again does not match the signature. */
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
            /** @description Receive an event that Stripe signed. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Report that the process is running. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Report whether Postgres answers within two seconds. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Check the configuration and every service the app needs. */
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
                     *         "status": "warn",
                     *         "checks": [
                     *           {
                     *             "name": "dead_jobs",
                     *             "status": "warn",
                     *             "reason": "dead",
                     *             "measures": {
                     *               "count": 4
                     *             },
                     *             "lastAt": "2026-11-20T09:58:00Z"
                     *           },
                     *           {
                     *             "name": "database",
                     *             "status": "pass",
                     *             "reason": null,
                     *             "measures": {
                     *               "milliseconds": 2.1
                     *             },
                     *             "lastAt": null
                     *           }
                     *         ]
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Check the configuration and every service the app needs. */
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
                     *         "status": "warn",
                     *         "checks": [
                     *           {
                     *             "name": "dead_jobs",
                     *             "status": "warn",
                     *             "reason": "dead",
                     *             "measures": {
                     *               "count": 4
                     *             },
                     *             "lastAt": "2026-11-20T09:58:00Z"
                     *           },
                     *           {
                     *             "name": "database",
                     *             "status": "pass",
                     *             "reason": null,
                     *             "measures": {
                     *               "milliseconds": 2.1
                     *             },
                     *             "lastAt": null
                     *           }
                     *         ]
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Return the OpenAPI document of this API. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the caller's families, oldest membership first. */
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
                     *             },
                     *             "features": {
                     *               "uploads": true,
                     *               "writes": true,
                     *               "new-player": false
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Return a family with its members and its entitlement. */
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
                     *           },
                     *           "features": {
                     *             "uploads": true,
                     *             "writes": true,
                     *             "new-player": false
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Change a family's name or language. */
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
                     *           },
                     *           "features": {
                     *             "uploads": true,
                     *             "writes": true,
                     *             "new-player": false
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
            /**
             * @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family.
             *     `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on.
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
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["FamilySuspendedError"];
                };
            };
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Remove a member from a family, or leave it. */
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
            /**
             * @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family.
             *     `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on.
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
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["FamilySuspendedError"];
                };
            };
            404: components["responses"]["NotFoundError"];
            /** @description `CONFLICT` (last_keeper): The current state does not allow this. `details.reason` says why. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Change a member's role. */
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
            /**
             * @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family.
             *     `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on.
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
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["FamilySuspendedError"];
                };
            };
            404: components["responses"]["NotFoundError"];
            /** @description `CONFLICT` (last_keeper, keeps_too_many_families): The current state does not allow this. `details.reason` says why. */
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
                                reason?: "last_keeper" | "keeps_too_many_families";
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description List a family's invites, newest first. */
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
                     *             "mailRefusedAt": null,
                     *             "createdBy": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Revoke an invite. */
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
                     *           "mailRefusedAt": null,
                     *           "createdBy": "0b9a4d5e-7c1f-4e2a-8f3b-2d6c5a4b3e21",
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
            403: components["responses"]["FamilySuspendedError"];
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Replace an invite's code and queue its mail again. */
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
            403: components["responses"]["FamilySuspendedError"];
            404: components["responses"]["NotFoundError"];
            /** @description `CONFLICT` (revoked, used_up, too_many_invites): The current state does not allow this. `details.reason` says why. */
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
    listParkedUploads: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
            };
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description List the uploads that wait for a keeper's decision, newest first. */
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
                     *         "uploads": [
                     *           {
                     *             "id": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506",
                     *             "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *             "sizeBytes": 4815162,
                     *             "durationSeconds": 312.4,
                     *             "contentType": "audio/mp4",
                     *             "createdBy": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *             "createdAt": "2026-11-21T09:36:00Z",
                     *             "storedAt": "2026-11-21T09:40:12Z",
                     *             "decideUntil": "2026-12-21T10:00:00Z"
                     *           }
                     *         ],
                     *         "nextCursor": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["ParkedUploadsResponse"];
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
    acceptParkedUpload: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                uploadId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accept a former member's upload as their recording. */
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
                     *           "promptId": null,
                     *           "title": null,
                     *           "sizeBytes": 4815162,
                     *           "durationSeconds": 312.4,
                     *           "contentType": "audio/mp4",
                     *           "recordedAt": "2026-11-21T09:30:00Z",
                     *           "createdBy": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *           "createdAt": "2026-11-21T09:36:12Z",
                     *           "deletedAt": null,
                     *           "rescued": true
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["AcceptedUploadResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            404: components["responses"]["NotFoundError"];
            413: components["responses"]["PayloadTooLargeError"];
            415: components["responses"]["UnsupportedMediaTypeError"];
            429: components["responses"]["RateLimitError"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailableError"];
        };
    };
    declineParkedUpload: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path: {
                uploadId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Decline a former member's upload. */
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
                     *         "upload": {
                     *           "id": "9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506",
                     *           "familyId": "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
                     *           "sizeBytes": 4815162,
                     *           "durationSeconds": 312.4,
                     *           "contentType": "audio/mp4",
                     *           "createdBy": "3e7d1f60-52c4-4b8a-a1d9-6c0f9b8e7d54",
                     *           "createdAt": "2026-11-21T09:36:00Z",
                     *           "storedAt": "2026-11-21T09:40:12Z",
                     *           "decideUntil": "2026-12-21T10:00:00Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["DeclinedUploadResponse"];
                    };
                };
            };
            401: components["responses"]["UnauthorizedError"];
            403: components["responses"]["FamilySuspendedError"];
            404: components["responses"]["NotFoundError"];
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
                 * @example 3f2a9c-retry-1
                 */
                "x-request-id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Return the caller's profile. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Change the caller's display name or language. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description List a family's prompts, newest first. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Add a prompt to a family. */
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
            /**
             * @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family.
             *     `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on.
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
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["FamilySuspendedError"];
                };
            };
            /** @description `CONFLICT` (too_many_prompts): The current state does not allow this. `details.reason` says why. */
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
                                reason?: "too_many_prompts";
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
    deletePrompt: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Delete a prompt. */
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
            /**
             * @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family.
             *     `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on.
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
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["FamilySuspendedError"];
                };
            };
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Change a prompt's text or language. */
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
            /**
             * @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family.
             *     `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on.
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
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["FamilySuspendedError"];
                };
            };
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description List a family's recordings, newest first. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Move a recording to the trash. */
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
            /**
             * @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family.
             *     `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on.
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
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["FamilySuspendedError"];
                };
            };
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Change a recording's title, prompt or date. */
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
            /**
             * @description `FORBIDDEN`: The caller is not a member of this family, or lacks the role; the same for an unknown family.
             *     `FAMILY_SUSPENDED`: The operator has suspended the family. Reading, playing, restoring and leaving go on.
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
                    "application/json": components["schemas"]["ForbiddenError"] | components["schemas"]["FamilySuspendedError"];
                };
            };
            404: components["responses"]["NotFoundError"];
            /** @description `CONFLICT` (deleted): The current state does not allow this. `details.reason` says why. */
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
                 * @description The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one that looks like a token, a key or an invite code.
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
            /** @description Restore a recording from the trash. */
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
            /** @description `CONFLICT` (purging): The current state does not allow this. `details.reason` says why. */
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

/** The product events that the app sends to PostHog itself, with the properties of each. */
export type AppEvents = components["schemas"]["AppEvents"];

/** The product events that the backend sends. The app must not send them: they would count twice. */
export type ServerEvents = components["schemas"]["ServerEvents"];

/** The type of the app's own `track("playback_started", { familyId, recordingId })`. */
export type Track = <Name extends keyof AppEvents>(event: Name, properties: AppEvents[Name]) => void;

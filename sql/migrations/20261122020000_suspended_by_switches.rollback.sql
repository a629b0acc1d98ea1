-- Undoes 20261122020000_suspended_by_switches.sql. Whose uploads are off by a switch of the family is suspended by the column
-- again; the history of flags stays.

ALTER TABLE public.entitlements DROP CONSTRAINT entitlements_suspended_by_switches;
COMMENT ON COLUMN public.entitlements.suspended_at IS 'Set by the operator; apart from the billing state, so that no event of the payment provider lifts it.';

UPDATE public.entitlements SET suspended_at = flag.created_at
FROM ops.feature_flags AS flag
WHERE flag.name = 'uploads' AND flag.family_id = entitlements.family_id AND NOT flag.enabled
  AND (flag.until_at IS NULL OR flag.until_at > now());
DELETE FROM ops.feature_flags WHERE name = 'uploads' AND family_id IS NOT NULL AND NOT enabled;

DROP FUNCTION rls.uploads_are_suspended(uuid);

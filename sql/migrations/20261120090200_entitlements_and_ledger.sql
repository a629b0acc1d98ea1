-- What a family may store, what it stores, and the book that proves it.
-- The entitlements row is the gate: whoever touches a family's bytes holds it FOR NO KEY UPDATE.

-- Tables ----------------------------------------------------------------------------------------

CREATE TABLE public.entitlements (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  plan TEXT NOT NULL DEFAULT 'free',
  status TEXT NOT NULL DEFAULT 'active',
  storage_quota_bytes BIGINT NOT NULL,
  storage_used_bytes BIGINT NOT NULL DEFAULT 0,
  max_recording_seconds INTEGER NOT NULL,
  current_period_end TIMESTAMPTZ,
  cancel_at_period_end BOOLEAN NOT NULL DEFAULT false,
  suspended_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT entitlements_pkey PRIMARY KEY (id),
  CONSTRAINT entitlements_family_key UNIQUE (family_id),
  CONSTRAINT entitlements_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE CASCADE,
  CONSTRAINT entitlements_plan_known CHECK (plan IN ('free', 'family', 'legacy')),
  -- canceled, unpaid and incomplete_expired are not here: they end as plan free, status active.
  CONSTRAINT entitlements_status_known CHECK (status IN ('active', 'trialing', 'past_due', 'incomplete', 'paused')),
  CONSTRAINT entitlements_quota_positive CHECK (storage_quota_bytes > 0),
  CONSTRAINT entitlements_used_not_negative CHECK (storage_used_bytes >= 0),
  CONSTRAINT entitlements_seconds_positive CHECK (max_recording_seconds > 0)
);
COMMENT ON TABLE public.entitlements IS 'What a family may store and how much it does. Its row is the gate in front of the family''s bytes.';
COMMENT ON COLUMN public.entitlements.storage_used_bytes IS 'Bytes of kept recordings, trash included; written by update_storage_quota alone.';
COMMENT ON COLUMN public.entitlements.suspended_at IS 'Set by the operator; apart from the billing state, so that no event of the payment provider lifts it.';

CREATE TABLE public.usage_ledger (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  recording_id UUID NOT NULL,
  operation TEXT NOT NULL,
  delta_bytes BIGINT NOT NULL,
  used_after_bytes BIGINT NOT NULL,
  description TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT usage_ledger_pkey PRIMARY KEY (id),
  CONSTRAINT usage_ledger_recording_operation_key UNIQUE (recording_id, operation),
  -- RESTRICT: a family that has a ledger is not deleted in passing.
  CONSTRAINT usage_ledger_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE RESTRICT,
  CONSTRAINT usage_ledger_operation_known CHECK (operation IN ('finalize', 'purge')),
  CONSTRAINT usage_ledger_used_not_negative CHECK (used_after_bytes >= 0)
);
COMMENT ON TABLE public.usage_ledger IS 'Every change of a family''s used bytes, for ever. Its sum is storage_used_bytes. recording_id outlives its recording.';

-- Indexes ---------------------------------------------------------------------------------------

CREATE INDEX idx_usage_ledger_family ON public.usage_ledger (family_id, created_at DESC, id);

-- Triggers --------------------------------------------------------------------------------------

CREATE FUNCTION public.trigger_ledger_is_immutable()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'the usage ledger is immutable: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION public.trigger_ledger_is_immutable() IS 'Refuses every change of a ledger row, whoever asks.';
SELECT ops.publish('public.trigger_ledger_is_immutable');

CREATE TRIGGER ledger_is_immutable BEFORE UPDATE OR DELETE ON public.usage_ledger
  FOR EACH ROW EXECUTE FUNCTION public.trigger_ledger_is_immutable();
CREATE TRIGGER ledger_is_never_emptied BEFORE TRUNCATE ON public.usage_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION public.trigger_ledger_is_immutable();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON public.usage_ledger
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON public.entitlements
  FOR EACH ROW EXECUTE FUNCTION public.trigger_set_updated_at();

-- Row-level security and grants -----------------------------------------------------------------

ALTER TABLE public.entitlements OWNER TO app_owner;
ALTER TABLE public.usage_ledger OWNER TO app_owner;

ALTER TABLE public.entitlements ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.usage_ledger ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.entitlements, public.usage_ledger FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON public.entitlements, public.usage_ledger TO authenticated;

CREATE POLICY "Members read what their family may store" ON public.entitlements FOR SELECT TO authenticated
  USING (family_id = ANY (ARRAY(SELECT rls.user_family_ids())));
CREATE POLICY "Members read their family's ledger" ON public.usage_ledger FOR SELECT TO authenticated
  USING (family_id = ANY (ARRAY(SELECT rls.user_family_ids())));

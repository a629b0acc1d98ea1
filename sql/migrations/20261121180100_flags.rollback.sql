-- Undoes 20261121180100_flags.sql. Every flag but the arming is lost, and the history: suspended families are free again.

ALTER POLICY "The creator or a keeper moves a recording to the trash" ON public.recordings
  USING (
    deleted_at IS NULL
    AND family_id = ANY (ARRAY(SELECT rls.user_family_ids()))
    AND (created_by = (SELECT auth.uid()) OR rls.is_keeper_of(family_id))
  );
DROP FUNCTION rls.features_of(uuid);
DROP FUNCTION rls.is_suspended(uuid);

DROP TABLE ops.flag_changes;
DROP FUNCTION public.trigger_flag_change_is_immutable();

DELETE FROM ops.feature_flags WHERE name <> 'deleting_armed';
DROP INDEX ops.idx_feature_flags_family;
ALTER TABLE ops.feature_flags
  DROP CONSTRAINT feature_flags_switches_are_the_operators,
  DROP CONSTRAINT feature_flags_job_whole,
  DROP CONSTRAINT feature_flags_for_all_alone,
  DROP CONSTRAINT feature_flags_share_of_families,
  DROP CONSTRAINT feature_flags_source_known,
  DROP CONSTRAINT feature_flags_name_known_form,
  DROP CONSTRAINT feature_flags_row_key,
  DROP COLUMN changed_by,
  DROP COLUMN until_at,
  DROP COLUMN share,
  DROP COLUMN source,
  DROP COLUMN family_id,
  ADD CONSTRAINT feature_flags_name_key UNIQUE (name);
COMMENT ON TABLE ops.feature_flags IS 'Switches of the operator. deleting_armed: whether the schedules that delete may delete.';
COMMENT ON COLUMN ops.feature_flags.note IS NULL;

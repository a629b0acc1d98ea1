DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = 'supabase_realtime') THEN
    ALTER PUBLICATION supabase_realtime DROP TABLE public.prompts, public.recordings;
  END IF;
END
$$;
DROP TABLE public.recordings;
DROP FUNCTION public.trigger_stamp_deletion();

DROP TABLE public.usage_ledger;
DROP TABLE public.entitlements;
DROP FUNCTION public.trigger_ledger_is_immutable();

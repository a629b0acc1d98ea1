DROP TABLE public.prompts;

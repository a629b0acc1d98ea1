"""The rooms of Supabase Auth's stand-in; its front door is `local.supabase_auth`."""

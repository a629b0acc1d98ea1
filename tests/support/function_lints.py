"""The rules for functions and views, and those for everything: owner and comment."""

from __future__ import annotations

from tests.support.lint import OURS, Lint

FUNCTIONS = f"""
  SELECT format('%I.%I', nspname, proname) AS name, function.*,
         regexp_replace(prosrc, '--[^\\n]*', '', 'g') AS body
  FROM pg_proc AS function JOIN pg_namespace AS namespace ON namespace.oid = pronamespace
  WHERE nspname IN {OURS}
"""
VIEWS = f"""
  SELECT format('%I.%I', relnamespace::regnamespace, relname) AS name, class.* FROM pg_class AS class
  WHERE relnamespace::regnamespace::text IN {OURS} AND relkind IN ('v', 'm')
"""
A_FUNCTION = "CREATE FUNCTION ops.bad() RETURNS void LANGUAGE {} AS $$ {} $$; "

SEARCH_PATH = '{"search_path=pg_catalog, pg_temp"}'
KEEPS_PLANS = "plan_cache_mode=force_generic_plan"

FUNCTION_LINTS = [
    Lint(
        "the search_path of a function is pg_catalog, pg_temp, so that it uses nothing of its caller's",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE array_remove(proconfig, '{KEEPS_PLANS}')"
        f" IS DISTINCT FROM '{SEARCH_PATH}'",
        A_FUNCTION.format("plpgsql SECURITY DEFINER SET search_path = ''", "BEGIN END"),
        "ops.bad",
        "End it with SELECT ops.publish_function('{name}'), which sets the path",
    ),
    Lint(
        "a function that the app reads by runs as its caller, writes nothing, and keeps its plans",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE pronamespace = 'wire'::regnamespace AND (prosecdef"
        f" OR provolatile <> 's' OR '{KEEPS_PLANS}' <> ALL (proconfig)"
        " OR prolang <> (SELECT oid FROM pg_language WHERE lanname = 'plpgsql'))",
        "CREATE FUNCTION wire.bad() RETURNS json LANGUAGE sql AS 'SELECT NULL::json';"
        " SELECT ops.publish_function('wire.bad', 'authenticated')",
        "wire.bad",
        "Write LANGUAGE plpgsql STABLE, SET plan_cache_mode = force_generic_plan, and no SECURITY DEFINER",
    ),
    Lint(
        "a function that no role may call is not SECURITY DEFINER",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE prosecdef AND NOT EXISTS ("
        " SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner)))"
        " WHERE grantee NOT IN (proowner, 'postgres'::regrole))",
        A_FUNCTION.format("plpgsql SECURITY DEFINER", "BEGIN END") + "SELECT ops.publish_function('ops.bad')",
        "ops.bad",
        "Delete SECURITY DEFINER: the functions that call it run as the owner already. Or, if the API calls it, write"
        " SELECT ops.publish_function('{name}', 'app_service')",
        {"public.trigger_family_keeps_a_keeper": "it counts keepers that whoever removes the last one may not read"},
    ),
    Lint(
        "a function that app_service may call is SECURITY DEFINER: app_service itself may touch no table",
        f"SELECT name FROM ({FUNCTIONS}) AS f"
        " WHERE NOT prosecdef AND has_function_privilege('app_service', oid, 'EXECUTE')",
        A_FUNCTION.format("plpgsql", "BEGIN END") + "SELECT ops.publish_function('ops.bad', 'app_service')",
        "ops.bad",
        "Write SECURITY DEFINER, or leave 'app_service' out of ops.publish_function if the API does not call it",
    ),
    Lint(
        "of the functions that app_service may call, those that write are named _tx and the others are STABLE",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE (proname LIKE '%\\_tx') IS DISTINCT FROM"
        " (provolatile = 'v' AND has_function_privilege('app_service', oid, 'EXECUTE'))",
        A_FUNCTION.format("plpgsql", "BEGIN END") + "SELECT ops.publish_function('ops.bad', 'app_service')",
        "ops.bad",
        "If it writes, its name ends in _tx. If it only reads, write STABLE, and its name does not. If the API does not"
        " call it, leave 'app_service' out of ops.publish_function",
        {"ops.count_call": "it is counted and committed before the operation begins"},
    ),
    Lint(
        "no two functions have the same name",
        f"SELECT name FROM ({FUNCTIONS}) AS f GROUP BY name HAVING count(*) > 1",
        "CREATE FUNCTION ops.refuse(boolean) RETURNS void LANGUAGE sql AS ''",
        "ops.refuse",
        "Give one of them another name: ops.publish_function and the callers name it without its parameters",
    ),
    Lint(
        "no SQL is put together at run time",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE body ~* '\\mEXECUTE\\M'",
        A_FUNCTION.format("plpgsql", "BEGIN EXECUTE 'SELECT 1'; END"),
        "ops.bad",
        "Write the statement itself instead of EXECUTE",
        {
            "ops.sweep_tx": "from names and conditions that are constants of its own body",
            "ops.publish_function": "migrations and files call it, with names that it formats itself",
            "ops.publish_table": "migrations call it, with a name that it formats itself",
        },
    ),
    Lint(
        "a refusal is returned, not raised",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE body ~* '\\mRAISE\\s+(EXCEPTION|SQLSTATE|USING)'",
        A_FUNCTION.format("plpgsql", "BEGIN RAISE EXCEPTION 'no'; END"),
        "ops.bad",
        "Write RETURN ops.refuse('CODE'): an error is logged by Postgres with the whole statement",
        {
            "ops.update_storage_quota": "over quota here is a bug of its caller: P0001",
            "public.trigger_family_keeps_a_keeper": "the functions refuse first; this is for bugs alone",
            "public.trigger_ledger_is_immutable": "no function writes there; this is for bugs alone",
            "public.trigger_flag_change_is_immutable": "no function writes there; this is for bugs alone",
        },
    ),
    Lint(
        "after a lock the time is read again",
        f"SELECT name FROM ({FUNCTIONS}) AS f"
        " WHERE body ~* '(\\mFOR (NO KEY )?UPDATE\\M|\\mops\\.lock_).*(\\mnow\\(\\)|\\mCURRENT_TIMESTAMP\\M)'",
        A_FUNCTION.format("plpgsql", "BEGIN PERFORM ops.lock_family_storage(NULL); PERFORM now(); END"),
        "ops.bad",
        "Write clock_timestamp(): now() is when the message arrived, before the wait for the lock",
        {
            "ops.apply_entitlement_tx": "applied_at is shown to operators; nothing is decided by it",
            "ops.create_invite_tx": "seven days from when the keeper asked, like created_at beside it",
        },
    ),
    Lint(
        "only ops.lock_family_storage locks a row of entitlements",
        f"SELECT name FROM ({FUNCTIONS}) AS f"
        " WHERE body ~* '\\mentitlements\\M[^;]*\\mFOR (NO KEY )?(UPDATE|SHARE)\\M'",
        A_FUNCTION.format("plpgsql", "BEGIN PERFORM FROM public.entitlements WHERE true FOR NO KEY UPDATE; END"),
        "ops.bad",
        "Write ops.lock_family_storage(p_family_id): it returns the row, and the time after the wait",
        {"ops.lock_family_storage": "it is the function that does"},
    ),
    Lint(
        "a view runs as its caller",
        f"SELECT name FROM ({VIEWS}) AS v WHERE NOT coalesce('security_invoker=true' = ANY (reloptions), false)",
        "CREATE VIEW wire.bad AS SELECT * FROM public.recordings",
        "wire.bad",
        "Write CREATE VIEW {name} WITH (security_invoker = true) AS",
    ),
    Lint(
        "app_owner owns everything",
        f"""
        SELECT name FROM (
          SELECT format('%I.%I', relnamespace::regnamespace, relname) AS name, relowner AS owner
          FROM pg_class WHERE relnamespace::regnamespace::text IN {OURS} AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
          UNION ALL SELECT name, proowner FROM ({FUNCTIONS}) AS f
          UNION ALL SELECT nspname, nspowner FROM pg_namespace WHERE nspname IN {OURS} AND nspname <> 'public'
        ) AS owned WHERE owner <> 'app_owner'::regrole
        """,
        "CREATE VIEW wire.bad AS SELECT 1 AS one",
        "wire.bad",
        "Write SELECT ops.publish_table('{name}') for a table, SELECT ops.publish_function('{name}') for a function,"
        " ALTER VIEW {name} OWNER TO app_owner for a view",
    ),
    Lint(
        "everything has a comment that says what it is for",
        f"""
        SELECT name FROM (
          SELECT format('%I.%I', relnamespace::regnamespace, relname) AS name,
                 obj_description(oid, 'pg_class') AS comment
          FROM pg_class WHERE relnamespace::regnamespace::text IN {OURS} AND relkind IN ('r', 'p', 'v', 'm', 'f')
          UNION ALL SELECT name, obj_description(oid, 'pg_proc') FROM ({FUNCTIONS}) AS f
          UNION ALL SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname IN {OURS}
        ) AS named WHERE length(coalesce(comment, '')) < 10
        """,
        A_FUNCTION.format("plpgsql", "BEGIN END"),
        "ops.bad",
        "Write COMMENT ON TABLE, VIEW or FUNCTION {name} IS '...'",
    ),
]

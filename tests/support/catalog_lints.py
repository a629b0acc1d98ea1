"""What every table, policy, view and function of ours must be like, asked of the catalog.

A lint is a sentence, a query that returns the names of what breaks it, and a piece of SQL that would break it, by which
the lint is proven to see. What may break a rule stands in EXCEPTIONS with its reason, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

OURS = "('public', 'ops', 'rls', 'wire')"


@dataclass(frozen=True)
class Lint:
    rule: str
    offenders: str
    """One column: the name of each thing that breaks the rule."""
    proof: str
    """SQL that makes one offender of that rule."""
    proven_by: str
    """The offender's name."""


EXCEPTIONS = {
    ("a table has a uuid id of its own making", "ops.call_counts"): "its key is the key; rewritten on every call",
    (
        "updated_at is stamped by a trigger",
        "ops.call_counts",
    ): "its one writer stamps it; a trigger would cost every call",
    (
        "created_at and updated_at say when, by the server's clock",
        "ops.call_counts",
    ): "a window has no beginning to tell",
    (
        "a table survives a crash of the server",
        "ops.call_counts",
    ): "lost counts mean that everybody starts a new minute",
    (
        "what nobody may call does not run as its owner",
        "public.trigger_family_keeps_a_keeper",
    ): "it must count keepers whom the one who removes the last of them may not see",
    (
        "of what the service may call, what writes is named _tx and the rest is STABLE",
        "ops.count_call",
    ): "it is counted and committed before the work begins",
    ("a refusal is returned, not raised", "ops.update_storage_quota"): "over quota here is a bug of its caller: P0001",
    ("a refusal is returned, not raised", "public.trigger_family_keeps_a_keeper"): "the second wall, for bugs alone",
    ("a refusal is returned, not raised", "public.trigger_ledger_is_immutable"): "nobody has any business there",
    ("SQL is not put together at run time", "ops.sweep_tx"): "from names and conditions that stand in its own body",
    (
        "SQL is not put together at run time",
        "ops.publish_function",
    ): "run by migrations alone, on names it formats itself",
    (
        "after a lock the clock is asked anew",
        "ops.apply_entitlement_tx",
    ): "applied_at is told to operators; nothing is decided by it",
    (
        "after a lock the clock is asked anew",
        "ops.create_invite_tx",
    ): "seven days from when the keeper asked, like created_at beside it",
}

TABLES = f"""
  SELECT format('%I.%I', nspname, relname) AS name, class.*
  FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
  WHERE nspname IN {OURS} AND relkind IN ('r', 'p')
"""
FUNCTIONS = f"""
  SELECT format('%I.%I', nspname, proname) AS name, function.*,
         regexp_replace(prosrc, '--[^\\n]*', '', 'g') AS body
  FROM pg_proc AS function JOIN pg_namespace AS namespace ON namespace.oid = pronamespace
  WHERE nspname IN {OURS}
"""
CONSTRAINTS = f"""
  SELECT format('%I.%I', nspname, relname) AS table_name, relname, conname AS name, con.*
  FROM pg_constraint AS con JOIN pg_class AS class ON class.oid = conrelid
  JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
  WHERE nspname IN {OURS}
"""
A_FUNCTION = "CREATE FUNCTION ops.bad() RETURNS void LANGUAGE {} AS $$ {} $$; "
A_TABLE = (
    "CREATE TABLE public.bad (id uuid CONSTRAINT bad_pkey PRIMARY KEY DEFAULT gen_random_uuid(),"
    " family_id uuid NOT NULL{}); "
)

THE_PATH = '{"search_path=pg_catalog, pg_temp"}'

LINTS = [
    Lint(
        "a table in public is under row-level security",
        f"SELECT name FROM ({TABLES}) AS t WHERE relnamespace = 'public'::regnamespace AND NOT relrowsecurity",
        A_TABLE.format(""),
        "public.bad",
    ),
    Lint(
        "row-level security is forced nowhere: the helpers read as the owner",
        f"SELECT name FROM ({TABLES}) AS t WHERE relforcerowsecurity",
        "ALTER TABLE public.families FORCE ROW LEVEL SECURITY",
        "public.families",
    ),
    Lint(
        "a policy is for a role, never for PUBLIC",
        "SELECT polname FROM pg_policy WHERE 0 = ANY (polroles)",
        'CREATE POLICY "Everybody reads it all" ON public.prompts FOR SELECT USING (true)',
        "Everybody reads it all",
    ),
    Lint(
        "a policy's name is a sentence",
        "SELECT polname FROM pg_policy WHERE polname !~ '^[A-Z][^ ]*( [^ ]+){2,}$'",
        "CREATE POLICY prompts_select ON public.prompts FOR SELECT TO authenticated USING (true)",
        "prompts_select",
    ),
    Lint(
        "a function finds nothing of its caller's: search_path is pg_catalog, pg_temp",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE proconfig IS DISTINCT FROM '{THE_PATH}'",
        A_FUNCTION.format("plpgsql SECURITY DEFINER SET search_path = ''", "BEGIN END"),
        "ops.bad",
    ),
    Lint(
        "what nobody may call does not run as its owner",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE prosecdef AND NOT EXISTS ("
        " SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner)))"
        " WHERE grantee NOT IN (proowner, 'postgres'::regrole))",
        A_FUNCTION.format("plpgsql SECURITY DEFINER", "BEGIN END") + "SELECT ops.publish_function('ops.bad')",
        "ops.bad",
    ),
    Lint(
        "what the service may call runs as the owner: the service itself may touch nothing",
        f"SELECT name FROM ({FUNCTIONS}) AS f"
        " WHERE NOT prosecdef AND has_function_privilege('app_service', oid, 'EXECUTE')",
        A_FUNCTION.format("plpgsql", "BEGIN END") + "SELECT ops.publish_function('ops.bad', 'app_service')",
        "ops.bad",
    ),
    Lint(
        "of what the service may call, what writes is named _tx and the rest is STABLE",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE (proname LIKE '%\\_tx') IS DISTINCT FROM"
        " (provolatile = 'v' AND has_function_privilege('app_service', oid, 'EXECUTE'))",
        A_FUNCTION.format("plpgsql", "BEGIN END") + "SELECT ops.publish_function('ops.bad', 'app_service')",
        "ops.bad",
    ),
    Lint(
        "a function's name is its own",
        f"SELECT name FROM ({FUNCTIONS}) AS f GROUP BY name HAVING count(*) > 1",
        "CREATE FUNCTION ops.refuse(boolean) RETURNS void LANGUAGE sql AS ''",
        "ops.refuse",
    ),
    Lint(
        "SQL is not put together at run time",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE body ~* '\\mEXECUTE\\M'",
        A_FUNCTION.format("plpgsql", "BEGIN EXECUTE 'SELECT 1'; END"),
        "ops.bad",
    ),
    Lint(
        "a refusal is returned, not raised",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE body ~* '\\mRAISE\\s+(EXCEPTION|SQLSTATE|USING)'",
        A_FUNCTION.format("plpgsql", "BEGIN RAISE EXCEPTION 'no'; END"),
        "ops.bad",
    ),
    Lint(
        "after a lock the clock is asked anew",
        f"SELECT name FROM ({FUNCTIONS}) AS f"
        " WHERE body ~* '(\\mFOR (NO KEY )?UPDATE\\M|\\mops\\.lock_).*(\\mnow\\(\\)|\\mCURRENT_TIMESTAMP\\M)'",
        A_FUNCTION.format("plpgsql", "BEGIN PERFORM ops.lock_family_storage(NULL); PERFORM now(); END"),
        "ops.bad",
    ),
    Lint(
        "the gate is taken by ops.lock_family_storage alone",
        f"SELECT name FROM ({FUNCTIONS}) AS f WHERE name <> 'ops.lock_family_storage'"
        " AND body ~* '\\mentitlements\\M[^;]*\\mFOR (NO KEY )?(UPDATE|SHARE)\\M'",
        A_FUNCTION.format("plpgsql", "BEGIN PERFORM FROM public.entitlements WHERE true FOR NO KEY UPDATE; END"),
        "ops.bad",
    ),
    Lint(
        "everything is owned by app_owner",
        f"""
        SELECT name FROM (
          SELECT format('%I.%I', relnamespace::regnamespace, relname) AS name, relowner AS owner
          FROM pg_class WHERE relnamespace::regnamespace::text IN {OURS} AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
          UNION ALL SELECT name, proowner FROM ({FUNCTIONS}) AS f
          UNION ALL SELECT nspname, nspowner FROM pg_namespace WHERE nspname IN ('ops', 'rls', 'wire')
        ) AS owned WHERE owner <> 'app_owner'::regrole
        """,
        "CREATE VIEW wire.bad AS SELECT 1 AS one",
        "wire.bad",
    ),
    Lint(
        "a foreign key says what happens on deletion",
        f"SELECT name FROM ({CONSTRAINTS}) AS c WHERE contype = 'f' AND confdeltype = 'a'",
        A_TABLE.format(" CONSTRAINT bad_family_fkey REFERENCES public.families (id)"),
        "bad_family_fkey",
    ),
    Lint(
        "a foreign key is answered by an index that begins with it",
        f"""
        SELECT name FROM ({CONSTRAINTS}) AS c
        WHERE contype = 'f' AND NOT EXISTS (
          SELECT FROM pg_index
          WHERE indrelid = conrelid AND indisvalid
            AND (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey
            -- NULL references nothing, so an index may leave it out; any other filter hides rows from the check.
            AND (indpred IS NULL OR pg_get_expr(indpred, indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$')
        )
        """,
        A_TABLE.format(" CONSTRAINT bad_family_fkey REFERENCES public.families (id) ON DELETE CASCADE")
        + "CREATE INDEX idx_bad_family ON public.bad (family_id) WHERE id IS NOT NULL AND family_id IS NOT NULL;",
        "bad_family_fkey",
    ),
    Lint(
        "a reference inside a family carries the family along",
        f"""
        SELECT name FROM ({CONSTRAINTS}) AS c
        WHERE contype = 'f' AND confrelid <> 'public.families'::regclass
          AND (SELECT count(*) FROM pg_attribute WHERE attrelid IN (conrelid, confrelid) AND attname = 'family_id') = 2
          AND NOT EXISTS (
            SELECT FROM unnest(conkey, confkey) AS pair (here, there)
            JOIN pg_attribute AS mine ON mine.attrelid = conrelid AND mine.attnum = pair.here
            JOIN pg_attribute AS other ON other.attrelid = confrelid AND other.attnum = pair.there
            WHERE mine.attname = 'family_id' AND other.attname = 'family_id'
          )
        """,
        A_TABLE.format(", prompt_id uuid CONSTRAINT bad_prompt_fkey REFERENCES public.prompts (id) ON DELETE CASCADE"),
        "bad_prompt_fkey",
    ),
    Lint(
        "a constraint is named after its table and its kind",
        f"""
        SELECT name FROM ({CONSTRAINTS}) AS c
        WHERE contype IN ('p', 'u', 'f', 'c', 'x') AND name !~ ('^' || relname || '_' || CASE contype
          WHEN 'p' THEN 'pkey$' WHEN 'u' THEN '\\w+_key$' WHEN 'f' THEN '\\w+_fkey$' ELSE '\\w+$' END)
        """,
        "ALTER TABLE public.prompts ADD CONSTRAINT long_enough CHECK (text <> '')",
        "long_enough",
    ),
    Lint(
        "an index is named after its table",
        f"SELECT indexrelid::regclass::text FROM pg_index JOIN ({TABLES}) AS t ON t.oid = indrelid"
        " WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
        " AND NOT starts_with((SELECT relname FROM pg_class WHERE oid = indexrelid), 'idx_' || relname || '_')",
        "CREATE INDEX prompts_text ON public.prompts (text)",
        "prompts_text",
    ),
    Lint(
        "a table has a uuid id of its own making",
        f"""
        SELECT name FROM ({TABLES}) AS t WHERE NOT EXISTS (
          SELECT FROM pg_attribute JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
          JOIN pg_constraint ON conrelid = attrelid AND contype = 'p' AND conkey = ARRAY[attnum]
          WHERE attrelid = t.oid AND attname = 'id' AND atttypid = 'uuid'::regtype AND attnotnull
            AND pg_get_expr(adbin, adrelid) = 'gen_random_uuid()'
        )
        """,
        "CREATE TABLE ops.bad (id bigint CONSTRAINT bad_pkey PRIMARY KEY)",
        "ops.bad",
    ),
    Lint(
        "created_at and updated_at say when, by the server's clock",
        f"""
        SELECT name FROM ({TABLES}) AS t WHERE 2 <> (
          SELECT count(*) FROM pg_attribute JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
          WHERE attrelid = t.oid AND attname IN ('created_at', 'updated_at') AND atttypid = 'timestamptz'::regtype
            AND attnotnull AND pg_get_expr(adbin, adrelid) = 'now()'
        )
        """,
        A_TABLE.format(", created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz DEFAULT now()"),
        "public.bad",
    ),
    Lint(
        "updated_at is stamped by a trigger",
        f"""
        SELECT name FROM ({TABLES}) AS t WHERE NOT EXISTS (
          SELECT FROM pg_trigger WHERE tgrelid = t.oid AND tgname = 'set_updated_at' AND tgenabled = 'O'
            AND tgfoid = 'public.trigger_set_updated_at'::regproc AND tgqual IS NULL AND cardinality(tgattr) = 0
            AND tgtype = 1 + 2 + 16  -- for each row, before, update
        )
        """,
        "ALTER TABLE public.prompts DISABLE TRIGGER set_updated_at",
        "public.prompts",
    ),
    Lint(
        "no trigger is switched off",
        "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'O'",
        "ALTER TABLE public.usage_ledger DISABLE TRIGGER ledger_is_immutable",
        "ledger_is_immutable",
    ),
    Lint(
        "a moment knows its time zone",
        f"SELECT name || '.' || attname FROM ({TABLES}) AS t JOIN pg_attribute ON attrelid = t.oid"
        " WHERE attnum > 0 AND atttypid IN ('timestamp'::regtype, 'time'::regtype, 'timetz'::regtype)",
        "ALTER TABLE public.prompts ADD COLUMN asked_at timestamp",
        "public.prompts.asked_at",
    ),
    Lint(
        "a table survives a crash of the server",
        f"SELECT name FROM ({TABLES}) AS t WHERE relpersistence <> 'p'",
        "CREATE UNLOGGED TABLE ops.bad ()",
        "ops.bad",
    ),
    Lint(
        "a softly deleted table has an index without what is deleted",
        f"""
        SELECT name FROM ({TABLES}) AS t
        WHERE EXISTS (SELECT FROM pg_attribute WHERE attrelid = t.oid AND attname = 'deleted_at')
          AND NOT EXISTS (
            SELECT FROM pg_index WHERE indrelid = t.oid AND pg_get_expr(indpred, indrelid) = '(deleted_at IS NULL)')
        """,
        A_TABLE.format(", deleted_at timestamptz"),
        "public.bad",
    ),
    Lint(
        "a view runs as its caller",
        f"SELECT relname FROM pg_class WHERE relnamespace::regnamespace::text IN {OURS} AND relkind IN ('v', 'm')"
        " AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)",
        "CREATE VIEW wire.bad AS SELECT * FROM public.recordings",
        "bad",
    ),
    Lint(
        "everything says what it is for",
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
    ),
]


def offenders(connection: Connection, lint: Lint) -> set[str]:
    """The names of whatever breaks the rule and is no exception."""
    with connection.cursor() as cursor:
        cursor.execute(lint.offenders)
        found = {str(row[0]) for row in cursor.fetchall()}
    return found - {name for rule, name in EXCEPTIONS if rule == lint.rule}

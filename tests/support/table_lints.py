"""The rules for tables, and for their policies, constraints, indexes and triggers."""

from __future__ import annotations

from tests.support.lint import OURS, Lint

TABLES = f"""
  SELECT format('%I.%I', nspname, relname) AS name, class.*
  FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
  WHERE nspname IN {OURS} AND relkind IN ('r', 'p')
"""
CONSTRAINTS = f"""
  SELECT format('%I.%I', nspname, relname) AS table_name, relname, conname AS name, con.*
  FROM pg_constraint AS con JOIN pg_class AS class ON class.oid = conrelid
  JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
  WHERE nspname IN {OURS}
"""
A_TABLE = (
    "CREATE TABLE public.bad (id uuid CONSTRAINT bad_pkey PRIMARY KEY DEFAULT gen_random_uuid(),"
    " family_id uuid NOT NULL{}); "
)

TABLE_LINTS = [
    Lint(
        "a table in public is under row-level security",
        f"SELECT name FROM ({TABLES}) AS t WHERE relnamespace = 'public'::regnamespace AND NOT relrowsecurity",
        A_TABLE.format(""),
        "public.bad",
        "Write SELECT ops.publish_table('{name}'); before its grants",
    ),
    Lint(
        "no table forces row-level security on its owner: the helpers of the policies read as the owner",
        f"SELECT name FROM ({TABLES}) AS t WHERE relforcerowsecurity",
        "ALTER TABLE public.families FORCE ROW LEVEL SECURITY",
        "public.families",
        "Write ENABLE ROW LEVEL SECURITY without FORCE",
    ),
    Lint(
        "a policy is for a role, never for PUBLIC",
        "SELECT polname FROM pg_policy WHERE 0 = ANY (polroles)",
        'CREATE POLICY "Everybody reads it all" ON public.prompts FOR SELECT USING (true)',
        "Everybody reads it all",
        'Write CREATE POLICY "{name}" ON ... FOR SELECT TO authenticated',
    ),
    Lint(
        "a policy's name is a sentence",
        "SELECT polname FROM pg_policy WHERE polname !~ '^[A-Z][^ ]*( [^ ]+){2,}$'",
        "CREATE POLICY prompts_select ON public.prompts FOR SELECT TO authenticated USING (true)",
        "prompts_select",
        'Name it by what it allows, at least three words with a capital first: "Members read their family\'s prompts"',
    ),
    Lint(
        "a foreign key says what happens on deletion",
        f"SELECT name FROM ({CONSTRAINTS}) AS c WHERE contype = 'f' AND confdeltype = 'a'",
        A_TABLE.format(" CONSTRAINT bad_family_fkey REFERENCES public.families (id)"),
        "bad_family_fkey",
        "Write ON DELETE CASCADE, RESTRICT or SET NULL",
    ),
    Lint(
        "a foreign key has an index that begins with its columns",
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
        "Write CREATE INDEX idx_TABLE_COLUMN ON TABLE (columns of {name}); without it each deletion reads the table",
    ),
    Lint(
        "a reference inside a family includes family_id",
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
        "Write FOREIGN KEY (family_id, X_id) REFERENCES ... (family_id, id): else a row may point into another family",
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
        "Write CONSTRAINT TABLE_pkey, TABLE_X_key (unique), TABLE_X_fkey (foreign key) or TABLE_X (check)",
    ),
    Lint(
        "an index is named after its table",
        f"SELECT indexrelid::regclass::text FROM pg_index JOIN ({TABLES}) AS t ON t.oid = indrelid"
        " WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
        " AND NOT starts_with((SELECT relname FROM pg_class WHERE oid = indexrelid), 'idx_' || relname || '_')",
        "CREATE INDEX prompts_text ON public.prompts (text)",
        "prompts_text",
        "Name it idx_TABLE_ and what it is for",
    ),
    Lint(
        "a table has a primary key id of type uuid with the default gen_random_uuid()",
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
        "Write id UUID NOT NULL DEFAULT gen_random_uuid() and CONSTRAINT TABLE_pkey PRIMARY KEY (id)",
        {"ops.call_counts": "its text key is the primary key; it is rewritten on every call"},
    ),
    Lint(
        "a table has created_at and updated_at, by the server's clock",
        f"""
        SELECT name FROM ({TABLES}) AS t WHERE 2 <> (
          SELECT count(*) FROM pg_attribute JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
          WHERE attrelid = t.oid AND attname IN ('created_at', 'updated_at') AND atttypid = 'timestamptz'::regtype
            AND attnotnull AND pg_get_expr(adbin, adrelid) = 'now()'
        )
        """,
        A_TABLE.format(", created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz DEFAULT now()"),
        "public.bad",
        "Write created_at TIMESTAMPTZ NOT NULL DEFAULT now(), updated_at TIMESTAMPTZ NOT NULL DEFAULT now()",
        {"ops.call_counts": "nothing reads when a window was first counted"},
    ),
    Lint(
        "the trigger set_updated_at writes updated_at",
        f"""
        SELECT name FROM ({TABLES}) AS t WHERE NOT EXISTS (
          SELECT FROM pg_trigger WHERE tgrelid = t.oid AND tgname = 'set_updated_at' AND tgenabled = 'O'
            AND tgfoid = 'public.trigger_set_updated_at'::regproc AND tgqual IS NULL AND cardinality(tgattr) = 0
            AND tgtype = 1 + 2 + 16  -- for each row, before, update
        )
        """,
        "ALTER TABLE public.prompts DISABLE TRIGGER set_updated_at",
        "public.prompts",
        "Write SELECT ops.publish_table('{name}');",
        {"ops.call_counts": "the one function that writes it sets it; a trigger would slow every call"},
    ),
    Lint(
        "no trigger is disabled",
        "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'O'",
        "ALTER TABLE public.usage_ledger DISABLE TRIGGER ledger_is_immutable",
        "ledger_is_immutable",
        "Write ALTER TABLE ... ENABLE TRIGGER {name}; at its end",
    ),
    Lint(
        "a column of times has a time zone",
        f"SELECT name || '.' || attname FROM ({TABLES}) AS t JOIN pg_attribute ON attrelid = t.oid"
        " WHERE attnum > 0 AND atttypid IN ('timestamp'::regtype, 'time'::regtype, 'timetz'::regtype)",
        "ALTER TABLE public.prompts ADD COLUMN asked_at timestamp",
        "public.prompts.asked_at",
        "Write TIMESTAMPTZ",
    ),
    Lint(
        "a table survives a crash of the server",
        f"SELECT name FROM ({TABLES}) AS t WHERE relpersistence <> 'p'",
        "CREATE UNLOGGED TABLE ops.bad ()",
        "ops.bad",
        "Write CREATE TABLE without UNLOGGED",
        {"ops.call_counts": "when the counts are lost, every caller starts a new minute"},
    ),
    Lint(
        "a table with deleted_at has an index of the rows that are not deleted",
        f"""
        SELECT name FROM ({TABLES}) AS t
        WHERE EXISTS (SELECT FROM pg_attribute WHERE attrelid = t.oid AND attname = 'deleted_at')
          AND NOT EXISTS (
            SELECT FROM pg_index WHERE indrelid = t.oid AND pg_get_expr(indpred, indrelid) = '(deleted_at IS NULL)')
        """,
        A_TABLE.format(", deleted_at timestamptz"),
        "public.bad",
        "Write CREATE INDEX ... ON {name} (...) WHERE deleted_at IS NULL",
    ),
]

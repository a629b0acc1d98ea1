"""The text that `make migration NAME=` begins with: a whole new table, and where to declare it."""

TEMPLATE = """\
-- {title}: what it is for, in a sentence.
--
-- Below is a new table as a whole. Delete the lines that begin with / and *, and what you do not need. Then declare it:
--   tests/database/isolation.md        Reading: who reads which column. Not for a table of ops: no client reaches it.
--   tests/support/isolation_rows.py    build(): a row of {table} in each of the two families.
-- Views live in sql/views and functions in sql/functions, a file each; make migrate applies them after the migrations.

/*
-- Tables ----------------------------------------------------------------------------------------

CREATE TABLE public.{table} (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  family_id UUID NOT NULL,
  user_id UUID NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT {table}_pkey PRIMARY KEY (id),
  CONSTRAINT {table}_family_fkey FOREIGN KEY (family_id) REFERENCES public.families (id) ON DELETE CASCADE,
  CONSTRAINT {table}_user_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
COMMENT ON TABLE public.{table} IS 'What a row stands for, in a sentence.';

-- Indexes ---------------------------------------------------------------------------------------
-- Every foreign key needs one that begins with its columns.

CREATE INDEX idx_{table}_family ON public.{table} (family_id);
CREATE INDEX idx_{table}_user ON public.{table} (user_id);

-- Row-level security and grants -----------------------------------------------------------------
-- publish_table: the owner, row-level security, all default grants revoked, the trigger of updated_at.

SELECT ops.publish_table('public.{table}');

-- What clients may do. A table of ops gets neither policy nor grant.
CREATE POLICY "Members read their family's {table}" ON public.{table} FOR SELECT TO authenticated
  USING (family_id = ANY (ARRAY(SELECT rls.user_family_ids())));
GRANT SELECT ON public.{table} TO authenticated;
*/
"""

ROLLBACK_TEMPLATE = """\
-- Undoes {name}.sql, in reverse order. Say here what data is lost, if any.

/*
DROP TABLE public.{table};
*/
"""

-- Every fact about the schema that a restore must bring back: a subject and a line of text each. By name: oids differ.

WITH ours AS (
  SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY (%(schemas)s)
),
relations AS (
  SELECT c.* FROM pg_class AS c JOIN ours ON ours.oid = c.relnamespace
),
functions AS (
  SELECT p.* FROM pg_proc AS p JOIN ours ON ours.oid = p.pronamespace
)
SELECT 'relations', concat_ws(' ', relkind, oid::regclass, 'owner', relowner::regrole, 'rls', relrowsecurity, reloptions)
FROM relations WHERE relkind IN ('r', 'v', 'i', 'S')
UNION ALL
SELECT 'columns', concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
                            pg_get_expr(adbin, adrelid))
FROM pg_attribute
JOIN relations ON relations.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relkind IN ('r', 'v') AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'grants', concat_ws(' ', oid::regclass, item)
FROM relations, unnest(coalesce(relacl, acldefault('r', relowner))) AS item
WHERE relkind IN ('r', 'v')
UNION ALL
SELECT 'grants', concat_ws(' ', attrelid::regclass, attname, item)
FROM pg_attribute JOIN relations ON relations.oid = attrelid, unnest(attacl) AS item
UNION ALL
SELECT 'grants', concat_ws(' ', oid::regprocedure, item)
FROM functions, unnest(coalesce(proacl, acldefault('f', proowner))) AS item
UNION ALL
SELECT 'grants', concat_ws(' ', 'schema', n.nspname, item)
FROM pg_namespace AS n JOIN ours ON ours.oid = n.oid, unnest(coalesce(nspacl, acldefault('n', nspowner))) AS item
UNION ALL
SELECT 'policies', concat_ws(' ', schemaname, tablename, policyname, cmd, roles, qual, with_check)
FROM pg_policies WHERE schemaname = ANY (%(schemas)s)
UNION ALL
SELECT 'functions', concat_ws(' ', oid::regprocedure, 'owner', proowner::regrole, 'definer', prosecdef, proconfig, md5(prosrc))
FROM functions
UNION ALL
-- contype n: NOT NULL, a constraint of its own from Postgres 18 on, and told by its column anyway.
SELECT 'constraints', concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(c.oid))
FROM pg_constraint AS c JOIN ours ON ours.oid = c.connamespace WHERE contype <> 'n'
UNION ALL
SELECT 'indexes', indexdef FROM pg_indexes WHERE schemaname = ANY (%(schemas)s)
UNION ALL
SELECT 'triggers', pg_get_triggerdef(t.oid)
FROM pg_trigger AS t JOIN relations ON relations.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
-- Roles belong to the cluster, and so do their settings: app_login's keep private values out of the server's log.
SELECT 'roles', concat_ws(' ', rolname, 'login', rolcanlogin, 'inherit', rolinherit, rolconfig)
FROM pg_roles WHERE rolname IN ('app_login', 'app_owner', 'app_service')

-- One family of the caller's; no row for whoever is no member.
SELECT jsonb_build_object('family', to_jsonb(family))
FROM wire.families AS family
WHERE family.id = %(family_id)s::uuid

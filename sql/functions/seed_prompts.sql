CREATE OR REPLACE FUNCTION ops.seed_prompts(p_locale text)
RETURNS TABLE ("position" integer, text text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT seed.position, seed.text
  FROM (VALUES
    ('en', 1, 'What is your earliest memory?'),
    ('en', 2, 'What was the home you grew up in like?'),
    ('en', 3, 'Who were your grandparents, and what do you remember of them?'),
    ('en', 4, 'What did a Sunday look like when you were a child?'),
    ('en', 5, 'How did you meet the love of your life?'),
    ('en', 6, 'What work have you done, and what did it teach you?'),
    ('en', 7, 'Which song takes you back, and where to?'),
    ('en', 8, 'What was the hardest time, and what carried you through it?'),
    ('en', 9, 'Which recipe should never be lost, and how is it made?'),
    ('en', 10, 'What would you like your great-grandchildren to know?'),
    ('es', 1, '¿Cuál es tu primer recuerdo?'),
    ('es', 2, '¿Cómo era la casa en la que creciste?'),
    ('es', 3, '¿Quiénes fueron tus abuelos y qué recuerdas de ellos?'),
    ('es', 4, '¿Cómo era un domingo cuando eras niño o niña?'),
    ('es', 5, '¿Cómo conociste al amor de tu vida?'),
    ('es', 6, '¿En qué has trabajado y qué aprendiste de ello?'),
    ('es', 7, '¿Qué canción te transporta, y adónde?'),
    ('es', 8, '¿Cuál fue la época más difícil y qué te ayudó a superarla?'),
    ('es', 9, '¿Qué receta no debería perderse nunca, y cómo se hace?'),
    ('es', 10, '¿Qué te gustaría que supieran tus bisnietos?'),
    ('fr', 1, 'Quel est ton premier souvenir ?'),
    ('fr', 2, 'À quoi ressemblait la maison de ton enfance ?'),
    ('fr', 3, 'Qui étaient tes grands-parents, et quels souvenirs en gardes-tu ?'),
    ('fr', 4, 'À quoi ressemblait un dimanche de ton enfance ?'),
    ('fr', 5, 'Comment as-tu rencontré l''amour de ta vie ?'),
    ('fr', 6, 'Quels métiers as-tu exercés, et que t''ont-ils appris ?'),
    ('fr', 7, 'Quelle chanson te transporte, et où ?'),
    ('fr', 8, 'Quel fut le moment le plus difficile, et qu''est-ce qui t''a porté ?'),
    ('fr', 9, 'Quelle recette ne devrait jamais se perdre, et comment la fait-on ?'),
    ('fr', 10, 'Qu''aimerais-tu que tes arrière-petits-enfants sachent ?')
  ) AS seed (locale, position, text)
  WHERE seed.locale = p_locale
  ORDER BY seed.position
$$;
COMMENT ON FUNCTION ops.seed_prompts IS 'The first prompts of a new family, in its language.';
SELECT ops.publish_function('ops.seed_prompts');

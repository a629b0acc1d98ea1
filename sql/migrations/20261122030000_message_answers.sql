-- What a message answered, kept until nobody can repeat it any more.

CREATE TABLE ops.message_answers (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  answer JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT message_answers_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE ops.message_answers IS
  'What a message answered that must not be carried out twice: for the app, which sends it again when the answer was lost. The sweep deletes it after ten minutes.';
COMMENT ON COLUMN ops.message_answers.id IS 'The id of the message. The app made it for this message alone, and tells nobody.';
SELECT ops.publish_table('ops.message_answers');

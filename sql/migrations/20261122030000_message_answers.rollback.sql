-- Undoes 20261122030000_message_answers.sql. A message that is being repeated at this moment may be carried out twice.

DROP TABLE ops.message_answers;

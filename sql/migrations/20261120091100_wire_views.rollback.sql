DROP VIEW wire.families;
DROP VIEW wire.entitlements;
DROP VIEW wire.members;
DROP VIEW wire.invites;
DROP VIEW wire.prompts;
DROP VIEW wire.recordings;

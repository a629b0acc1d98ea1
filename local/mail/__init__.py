"""The stand-in for Resend, the one mailbox of the local stack, and the inbox page."""

"""A version is its code too: a package keeps the name that its content gave it."""

from __future__ import annotations

from django.db import migrations

# In the trigger and not in a CHECK, so that only a write of the content pays for the hash.
FORWARD = """
CREATE FUNCTION serin_named_by_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.content IS NOT NULL AND encode(sha256(NEW.content), 'hex') <> NEW.digest THEN
        RAISE EXCEPTION 'code package % is named by its SHA-256: other content is refused', NEW.digest
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER code_named_by_content BEFORE INSERT OR UPDATE OF digest, content ON releases_codepackage
    FOR EACH ROW EXECUTE FUNCTION serin_named_by_content();
"""

BACKWARD = """
DROP TRIGGER code_named_by_content ON releases_codepackage;
DROP FUNCTION serin_named_by_content;
"""


class Migration(migrations.Migration):
    dependencies = [("releases", "0002_immutability")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

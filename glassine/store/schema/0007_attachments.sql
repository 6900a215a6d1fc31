-- The text of uploaded files, read when they come and masked when a message brings them.

alter table files
    add column sealed_text bytea,        -- as it stands in the file, sealed under the contact's key
    add column text_note text not null default '';  -- why it was not read, or not whole: cut, locked, broken, too_big, no_text, not_read

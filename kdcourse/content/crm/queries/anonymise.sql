-- Take everything out that points to the persons in the list :ids; what was sent and paid stays.
-- 抹去 :ids 所列客户的个人信息；寄件与收支保留。
UPDATE main.customers
SET name = :name, phone = NULL, email = NULL, address = NULL, row_version = row_version + 1
WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.persons WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.changes
WHERE table_name = 'contacts'
  AND key IN (SELECT contact_id FROM main.contacts
              WHERE customer_id IN (SELECT value FROM json_each(:ids)));

UPDATE main.contacts
SET name = :name, phone = NULL, known_supplier_tie = NULL, row_version = row_version + 1
WHERE customer_id IN (SELECT value FROM json_each(:ids));

UPDATE main.complaints
SET contact = NULL, row_version = row_version + 1
WHERE customer_id IN (SELECT value FROM json_each(:ids));

UPDATE main.complaint_cases
SET content = '', row_version = row_version + 1
WHERE complaint_id IN (SELECT complaint_id FROM main.complaints
                       WHERE customer_id IN (SELECT value FROM json_each(:ids)));

UPDATE main.hand_overs
SET why = ''
WHERE complaint_id IN (SELECT complaint_id FROM main.complaints
                       WHERE customer_id IN (SELECT value FROM json_each(:ids)));

DELETE FROM main.changes
WHERE table_name IN ('complaints', 'complaint_cases')
  AND key IN (SELECT complaint_id FROM main.complaints
              WHERE customer_id IN (SELECT value FROM json_each(:ids)));

DELETE FROM main.changes
WHERE table_name IN ('customers', 'persons', 'organisations')
  AND key IN (SELECT value FROM json_each(:ids));

DELETE FROM main.notes WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.customer_tags WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.payout_accounts WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.web_events WHERE customer_id IN (SELECT value FROM json_each(:ids));

UPDATE main.consents
SET withdrawn_on = :today
WHERE withdrawn_on IS NULL AND customer_id IN (SELECT value FROM json_each(:ids));

-- Take everything out that points to the persons in the list :ids; what was sent and paid stays.
-- Which table keeps what, and why, stands in content/crm/retention.toml.
-- 抹去 :ids 所列客户的个人信息；寄件与收支保留。各表去留及理由见 content/crm/retention.toml。
UPDATE main.customers
SET name = :name, phone = NULL, email = NULL, address = NULL, row_version = row_version + 1
WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.persons WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.changes
WHERE table_name = 'contacts'
  AND key IN (SELECT contact_id FROM main.contacts
              WHERE customer_id IN (SELECT value FROM json_each(:ids))
                 OR lead_id IN (SELECT lead_id FROM main.leads
                                WHERE customer_id IN (SELECT value FROM json_each(:ids))));

-- Some are known from the time before the account was opened. 有些联系人是开户前认识的。
UPDATE main.contacts
SET name = :name, phone = NULL, known_supplier_tie = NULL, row_version = row_version + 1
WHERE customer_id IN (SELECT value FROM json_each(:ids))
   OR lead_id IN (SELECT lead_id FROM main.leads
                  WHERE customer_id IN (SELECT value FROM json_each(:ids)));

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

DELETE FROM main.payout_accounts WHERE customer_id IN (SELECT value FROM json_each(:ids));

-- What we concluded about them, and what we said to them. 我们对其的归纳，以及发给其的信息。
DELETE FROM main.customer_tags WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.flow_people WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.flow_log WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.automation_log WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.outbox WHERE customer_id IN (SELECT value FROM json_each(:ids));

-- What they told us of their own free will. 其自愿告诉我们的内容。
DELETE FROM main.survey_answers
WHERE resp_id IN (SELECT resp_id FROM main.survey_invitations
                  WHERE customer_id IN (SELECT value FROM json_each(:ids)));

DELETE FROM main.surveys WHERE customer_id IN (SELECT value FROM json_each(:ids));

DELETE FROM main.survey_invitations WHERE customer_id IN (SELECT value FROM json_each(:ids));

-- Visits before they signed in, too. 登录之前的访问也一并删除。
DELETE FROM main.web_events
WHERE visitor_id IN (SELECT visitor_id FROM main.web_events
                     WHERE customer_id IN (SELECT value FROM json_each(:ids)));

UPDATE main.consents
SET withdrawn_on = :today
WHERE withdrawn_on IS NULL AND customer_id IN (SELECT value FROM json_each(:ids));

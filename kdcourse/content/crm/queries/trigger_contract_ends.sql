-- Firms whose contract ends 30 days after :day. 合同在 30 天后到期的企业。
SELECT customer_id FROM main.organisations WHERE contract_until = date(:day, '+30 days')

-- The same booking in Redis: a repeated key gets its first answer, a full slot refuses, a patient is in one place at a time.
-- ARGV: the key, which is the patient's number, too.
local seen = redis.call('GET', 'k:' .. ARGV[1])
if seen then return seen end
local patient = tonumber(ARGV[1])
local slot = 's:' .. (patient % 8000)
if tonumber(redis.call('GET', slot) or '0') >= 1000000 then return 'full' end
if redis.call('SADD', 'p:' .. ARGV[1], patient % 40) == 0 then return 'overlap' end
local number = redis.call('INCR', slot)
redis.call('SET', 'k:' .. ARGV[1], slot .. ':' .. number .. ':1')
return number

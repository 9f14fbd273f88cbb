wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. (os.getenv("TOKEN") or "bench")
wrk.body = '{"to":{"id":"participant-1"},"text":"message"}'

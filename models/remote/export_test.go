package remote

// Broken reports whether the breaker of an endpoint is open.
func (s *Session) Broken(i int) bool { return !s.endpoints[i].breaker.Allows() }

package htmlprune

func (s *Selection) html(compact bool) string { return s.flat(compact) }

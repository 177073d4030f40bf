package generate

import "errors"

// shared is a cache with a number of uses to come. It is closed after the last.
type shared struct {
	cache Cache
	uses  int
}

// caches are those of one document.
type caches struct {
	open []*shared
	// most is how many may be open at once.
	most int
}

// keep takes a cache for so many uses, if there is room for it; otherwise it
// closes it and returns nil.
func (c *caches) keep(cache Cache, uses int) (*shared, error) {
	if uses == 0 || len(c.open) >= c.most {
		return nil, cache.Close()
	}
	s := &shared{cache, uses}
	c.open = append(c.open, s)
	return s, nil
}

// use adds to the uses of s; a nil s is the beginning of the text.
func (c *caches) use(s *shared, more int) error {
	if s == nil {
		return nil
	}
	if s.uses += more; s.uses > 0 {
		return nil
	}
	for i, o := range c.open {
		if o == s {
			c.open = append(c.open[:i], c.open[i+1:]...)
			break
		}
	}
	return s.cache.Close()
}

// close closes what is still open, after a fault.
func (c *caches) close() error {
	var errs []error
	for _, s := range c.open {
		errs = append(errs, s.cache.Close())
	}
	c.open = nil
	return errors.Join(errs...)
}

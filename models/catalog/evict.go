package catalog

// makeRoom unloads what it must so that e fits.
func (c *Catalog[M]) makeRoom(e *entry[M]) {
	c.mu.Lock()
	closing := c.evict(e)
	c.mu.Unlock()
	c.closeAll(closing)
}

// evict takes the least recently used models out of use until what is loaded,
// and next if it is not nil, keeps to the limit. The usual model and those that
// requests use stay. It returns what is to be closed.
func (c *Catalog[M]) evict(next *entry[M]) (closing []*handle[M]) {
	if c.options.Bytes == 0 {
		return nil
	}
	_, total := c.sum()
	if next != nil {
		total += next.bytes
	}
	for total > c.options.Bytes {
		e := c.idle()
		if e == nil {
			return closing
		}
		closing = append(closing, c.retire(e)...)
		total -= e.bytes
		c.metrics.unloads.Inc()
		c.options.Logger.Info("model unloaded to make room", "model", e.bundle.ID(), "bytes", e.bytes)
	}
	return closing
}

// idle returns the least recently used model that can go; nil for none.
func (c *Catalog[M]) idle() (oldest *entry[M]) {
	for i, e := range c.entries {
		if i == 0 || e.current == nil || e.current.users > 0 {
			continue
		}
		if oldest == nil || e.used < oldest.used {
			oldest = e
		}
	}
	return oldest
}

// sum counts the loaded models and their bytes.
func (c *Catalog[M]) sum() (n int, bytes int64) {
	for _, e := range c.entries {
		if e.current != nil {
			n++
			bytes += e.bytes
		}
	}
	return n, bytes
}

func (c *Catalog[M]) loaded() (n int, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sum()
}

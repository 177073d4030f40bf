package openprovence

// English splits text as Model does with the language en.
func English() (Splitter, error) {
	p, err := newPunkt()
	if err != nil {
		return nil, err
	}
	return p.english, nil
}

// IsSpace exposes isSpace.
var IsSpace = isSpace

package models

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// WriteFit exchanges thresholds and calibration in the bundle's manifest, at
// once, and leaves the rest of the file as it is. A manifest that they would
// make unusable is an error, and stays.
func (b *Bundle) WriteFit(t Thresholds, c Calibration) error {
	path := filepath.Join(b.Dir, ManifestFile)
	next := *b
	next.Thresholds, next.Calibration = t, c
	if err := next.Validate(); err != nil {
		return fmt.Errorf("model bundle: %s: %w", path, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("model bundle: %w", err)
	}
	for field, value := range map[string]any{"thresholds": t, "calibration": c} {
		if data, err = exchange(data, field, value); err != nil {
			return fmt.Errorf("model bundle: %s: %w", path, err)
		}
	}
	if err := replaceFile(path, data); err != nil {
		return fmt.Errorf("model bundle: %w", err)
	}
	*b = next
	return nil
}

// exchange puts another value into a field of an object, which must have it.
func exchange(object []byte, field string, value any) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil { // the brace
		return nil, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var old json.RawMessage
		if err := d.Decode(&old); err != nil {
			return nil, err
		}
		if name != field {
			continue
		}
		text, err := json.MarshalIndent(value, "  ", "  ")
		if err != nil {
			return nil, err
		}
		end := int(d.InputOffset())
		return bytes.Join([][]byte{object[:end-len(old)], object[end:]}, text), nil
	}
	return nil, fmt.Errorf("%s is missing", field)
}

// replaceFile writes a file beside path and puts it in its place.
func replaceFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".manifest-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

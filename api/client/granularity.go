package client

import (
	"encoding/json"
	"strconv"
)

// WordGranularity decides on blocks of at most n words.
func WordGranularity(n int) *PruneRequest_Granularity {
	return &PruneRequest_Granularity{union: json.RawMessage(strconv.Itoa(n))}
}

// AutoGranularity lets the server choose the size of blocks.
func AutoGranularity() *PruneRequest_Granularity {
	return &PruneRequest_Granularity{union: json.RawMessage(`"` + string(GranularityAuto) + `"`)}
}

package htmlprune

// OffsetUnit is the unit in which places in a source are counted.
type OffsetUnit string

// The units of offsets: Unicode code points, bytes of UTF-8, and UTF-16 code
// units as JavaScript, Java and C# count.
const (
	Codepoint OffsetUnit = "codepoint"
	Byte      OffsetUnit = "byte"
	UTF16     OffsetUnit = "utf16"
)

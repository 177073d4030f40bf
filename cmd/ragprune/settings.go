package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ragprune/ragprune/models/folder"
)

// settingError is a setting that cannot be used; it names the setting.
type settingError struct {
	setting string
	err     error
}

func (e *settingError) Error() string { return e.setting + ": " + e.err.Error() }
func (e *settingError) Unwrap() error { return e.err }

// dropEmptySettings makes an empty variable count as not set: that is what a
// compose file passes on for a variable that its host does not have.
func dropEmptySettings() error {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if value == "" && strings.HasPrefix(name, "RAGPRUNE_") {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// The default bundles; see bundleDir.
const (
	bundleName   = "ragprune-small"
	embedderName = "ragprune-embed"
)

// What RAGPRUNE_EMBEDDER may say instead of a folder: the default bundle if it
// is there, or no embedder.
const (
	embedderAuto = "auto"
	embedderNone = "none"
)

// generatorNone is what RAGPRUNE_GENERATOR says for no generator.
const generatorNone = "none"

// modelSettings say what scores; they are shared by serve, prune and models.
type modelSettings struct {
	Model      string `help:"Folder of the usual model bundle, or its name in the models folder. Default: models/ragprune-small in the working folder or beside the program." env:"RAGPRUNE_MODEL" group:"model" placeholder:"DIR"`
	Models     string `name:"models" help:"Folder of bundles. Default: the folder that the default bundle is in." env:"RAGPRUNE_MODELS" group:"model" placeholder:"DIR"`
	Embedder   string `help:"Folder of the embedder bundle for the scorers embed, hybrid and fused; none: without. auto: models/ragprune-embed where the default model is looked for, if it is there." env:"RAGPRUNE_EMBEDDER" group:"model" placeholder:"DIR" default:"auto"`
	Generator  string `help:"Folder of a generator bundle for the scorer generate, made by models/export/export_generator.py; none: without." env:"RAGPRUNE_GENERATOR" group:"model" placeholder:"DIR" default:"none"`
	ORTLibrary string `name:"ort-library" help:"ONNX Runtime shared library. Default: the one that 'make setup' brings." env:"RAGPRUNE_ORT_LIBRARY" group:"model" placeholder:"FILE"`
	Workers    int    `help:"Windows in the models at once, one thread each. 0: the number of cores." env:"RAGPRUNE_WORKERS" group:"model" default:"0"`
	Fallback   string `help:"What answers when the model cannot finish in time: ${enum}. With none the request fails." enum:"bm25,original,none" env:"RAGPRUNE_FALLBACK" group:"model" default:"bm25"`

	providerSettings

	GeneratorCacheBytes int64 `help:"Memory for what the generator remembers of the documents that it reads; more of them wait." env:"RAGPRUNE_GENERATOR_CACHE_BYTES" group:"model" default:"2147483648"`

	remoteSettings
}

// dir is the folder of the pruner.
func (s modelSettings) dir() string {
	if s.Model != "" {
		return s.byName(s.Model)
	}
	return bundleDir(bundleName)
}

// byName is the folder of a bundle that is named instead of its folder.
func (s modelSettings) byName(name string) string {
	if isFolder(name) {
		return name
	}
	if item, err := folder.Find(s.modelsDir(), name); err == nil {
		return item.Dir
	}
	return name
}

// modelsDir is the folder of bundles.
func (s modelSettings) modelsDir() string {
	if s.Models != "" {
		return s.Models
	}
	return filepath.Dir(bundleDir(bundleName))
}

// catalogSettings say which models are served beside the usual one.
type catalogSettings struct {
	Preload    []string `help:"Models of the models folder to load at the start, as NAME or NAME@VERSION; all: every one. The others are loaded when a request names them." env:"RAGPRUNE_PRELOAD" group:"model" placeholder:"NAME,..."`
	ModelBytes int64    `help:"What loaded models may take together, by the size of their files; the least recently used make room, but never the usual one. 0: no limit." env:"RAGPRUNE_MODEL_BYTES" group:"model" default:"4294967296"`

	// serveFolder offers all bundles of the models folder.
	serveFolder bool
}

// embedderDir is the folder of the embedder, empty for none.
func (s modelSettings) embedderDir() string {
	switch s.Embedder {
	case "", embedderNone:
		return ""
	case embedderAuto:
		if dir := bundleDir(embedderName); isDir(dir) {
			return dir
		}
		return ""
	}
	return s.byName(s.Embedder)
}

// generatorDir is the folder of the generator, empty for none.
func (s modelSettings) generatorDir() string {
	if s.Generator == generatorNone {
		return ""
	}
	return s.byName(s.Generator)
}

// bundleDir is the folder of a default bundle: in the working folder, beside
// the program or beside the program's folder.
func bundleDir(name string) string {
	local := filepath.Join("models", name)
	folders := []string{"."}
	if exe, err := os.Executable(); err == nil {
		folders = append(folders, filepath.Dir(exe), filepath.Dir(filepath.Dir(exe)))
	}
	for _, f := range folders {
		if dir := filepath.Join(f, local); isDir(dir) {
			return dir
		}
	}
	return local
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// limitSettings bound what one request may ask for.
type limitSettings struct {
	MaxBodyBytes     int64         `help:"Largest request body, after decompression." env:"RAGPRUNE_MAX_BODY_BYTES" group:"limits" default:"33554432"`
	MaxDocuments     int           `help:"Most documents of one request." env:"RAGPRUNE_MAX_DOCUMENTS" group:"limits" default:"1000"`
	MaxDocumentBytes int           `help:"Most bytes of a document that are read; the rest is cut with a warning." env:"RAGPRUNE_MAX_DOCUMENT_BYTES" group:"limits" default:"8388608"`
	MaxNodes         int           `help:"Most elements and texts of the documents of a request that are read, beside one for every 48 bytes of each; what is behind is cut with a warning." env:"RAGPRUNE_MAX_NODES" group:"limits" default:"65536"`
	CoarseTokens     int           `help:"Tokens of a request that reach the models if it has the full timeout, and in proportion if it has less; a coarse step leaves out the rest." env:"RAGPRUNE_COARSE_TOKENS" group:"limits" default:"32768"`
	Timeout          time.Duration `help:"Time for one request; what is not scored by then is answered by the fallback." env:"RAGPRUNE_TIMEOUT" group:"limits" default:"30s"`
	Concurrency      int           `help:"Requests worked on at once. 0: four for every core." env:"RAGPRUNE_CONCURRENCY" group:"limits" default:"0"`
	Queue            int           `help:"Requests that may wait beside those; more are refused with 429." env:"RAGPRUNE_QUEUE" group:"limits" default:"256"`
	QueueWait        time.Duration `help:"Requests that would wait longer are refused with 429 at once; 0: the queue alone bounds the wait." env:"RAGPRUNE_QUEUE_WAIT" group:"limits" default:"10s"`
	KeyConcurrency   int           `help:"Requests of one API key at work or waiting; more are refused with 429. 0: no bound." env:"RAGPRUNE_KEY_CONCURRENCY" group:"limits" default:"0"`
	KeyRate          float64       `help:"Requests a second of one API key; more are refused with 429. 0: no bound." env:"RAGPRUNE_KEY_RATE" group:"limits" default:"0"`
	KeyBurst         int           `help:"Requests of one API key that may come at once within its rate. 0: as many as the rate." env:"RAGPRUNE_KEY_BURST" group:"limits" default:"0"`
}

// cacheSettings bound what is remembered.
type cacheSettings struct {
	CacheBytes int64         `help:"Memory for cached scores; 0: none, and without Redis no cache." env:"RAGPRUNE_CACHE_BYTES" group:"cache" default:"268435456"`
	CacheTTL   time.Duration `name:"cache-ttl" help:"How long a score is kept; 0: as long as there is room." env:"RAGPRUNE_CACHE_TTL" group:"cache" default:"24h"`
	redisSettings
}

// logSettings say what is logged. Documents and queries never are.
type logSettings struct {
	LogFormat string     `help:"${enum}." enum:"text,json" env:"RAGPRUNE_LOG_FORMAT" group:"log" default:"text"`
	LogLevel  slog.Level `help:"debug, info, warn or error." env:"RAGPRUNE_LOG_LEVEL" group:"log" default:"info"`
}

func (s logSettings) logger(std streams) *slog.Logger {
	o := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(std.err, o))
	}
	return slog.New(slog.NewTextHandler(std.err, o))
}

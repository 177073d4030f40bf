// Command tokenizer measures package models/tokenizer beside the Rust library
// `tokenizers` on the same pieces of text, one thread, ids and byte spans, for
// every family of vocabularies.
// run.sh drives both and writes bench/results/tokenizer.md. Processor time is
// what counts, garbage collection included, so that other work on the machine
// disturbs little. Linux only.
//
//	go run ./bench/tokenizer -generate DIR   # writes DIR/english.txt and DIR/mixed.txt
//	go run ./bench/tokenizer -pieces FILE    # prints MB per CPU second, tokens, checksum
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ragprune/ragprune/models/tokenizer"
)

func main() {
	log.SetFlags(0)
	model := flag.String("tokenizer", "models/ragprune-small/tokenizer.json", "the tokenizer.json to use")
	generateTo := flag.String("generate", "", "write the pieces of both kinds of text to this folder")
	pieces := flag.String("pieces", "", "measure on this file, one piece per line")
	limit := flag.Duration("time", time.Second, "how much processor time to measure")
	flag.Parse()
	var err error
	if *generateTo != "" {
		err = generate(*model, *generateTo)
	} else {
		err = measure(*model, *pieces, *limit)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func generate(model, dir string) error {
	words, err := commonWords(model)
	if err != nil {
		return err
	}
	for name, foreign := range map[string]float64{"english": 0.002, "mixed": 0.5} {
		text := strings.Join(newWriter(words, foreign).pieces(), "\n") + "\n"
		if err := os.WriteFile(filepath.Join(dir, name+".txt"), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// commonWords returns the whole words of a WordPiece vocabulary in id order,
// which for BERT vocabularies is the order of frequency.
func commonWords(model string) ([]string, error) {
	data, err := os.ReadFile(model)
	if err != nil {
		return nil, err
	}
	var file struct {
		Model struct {
			Vocab map[string]int `json:"vocab"`
		} `json:"model"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", model, err)
	}
	byID := make([]string, len(file.Model.Vocab))
	for token, id := range file.Model.Vocab {
		if id < len(byID) && len(token) > 1 && strings.Trim(token, "abcdefghijklmnopqrstuvwxyz") == "" {
			byID[id] = token
		}
	}
	words := byID[:0]
	for _, w := range byID {
		if w != "" {
			words = append(words, w)
		}
	}
	return words, nil
}

func measure(model, path string, limit time.Duration) error {
	tok, err := tokenizer.Load(model)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	pieces := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	bytes, tokens, sum := 0, 0, uint64(0)
	for _, piece := range pieces {
		e := tok.Encode(piece)
		bytes += len(piece)
		tokens += len(e.IDs)
		for i, id := range e.IDs {
			sum = ((sum*31+uint64(id))*31+uint64(e.Spans[i].Start))*31 + uint64(e.Spans[i].End)
		}
	}
	rounds, start := 0, cpuTime()
	for ; cpuTime()-start < limit; rounds++ {
		for _, piece := range pieces {
			tok.Encode(piece)
		}
	}
	fmt.Printf("%.2f %d %d\n", float64(bytes*rounds)/(cpuTime()-start).Seconds()/1e6, tokens, sum)
	return nil
}

// cpuTime returns the processor time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

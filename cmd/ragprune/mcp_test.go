package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ragprune/ragprune/models/ort"
)

// toolSession starts the program as a host does, with the client of the official
// package.
func toolSession(t *testing.T) *mcp.ClientSession {
	t.Helper()
	library, err := ort.Locate(os.Getenv("RAGPRUNE_ORT_LIBRARY"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ragprune", "mcp", "--model=../../models/"+bundleName, "--embedder=none")
	cmd.Env = append(os.Environ(), "RAGPRUNE_ORT_LIBRARY="+library)
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	return session
}

// callOf calls a tool and reads its structured answer.
func callOf(t *testing.T, s *mcp.ClientSession, tool string, arguments map[string]any) (out toolOutput, failure string) {
	t.Helper()
	result, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return out, err.Error()
	}
	text := result.Content[0].(*mcp.TextContent).Text
	if result.IsError {
		return out, text
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out, ""
}

func TestTools(t *testing.T) {
	s := toolSession(t)
	listed, err := s.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range listed.Tools {
		names = append(names, tool.Name)
		if tool.Description == "" || tool.InputSchema == nil || tool.OutputSchema == nil {
			t.Errorf("%s does not say what it is", tool.Name)
		}
	}
	if diff := cmp.Diff([]string{"prune", "rerank"}, names); diff != "" {
		t.Errorf("tools (-want +got):\n%s", diff)
	}
	call := map[string]any{
		"query":     "How long did the Apollo 11 crew stay on the Moon?",
		"documents": []string{"Berlin is a city.", "<p>Armstrong and Aldrin spent 21 hours on the lunar surface. Collins flew alone.</p>"},
	}
	ranked, failure := callOf(t, s, "rerank", call)
	if failure != "" || len(ranked.Results) != 2 || ranked.Results[0].Index != 1 || ranked.Results[0].Text != "" {
		t.Errorf("rerank: %+v, %s", ranked, failure)
	}
	call["preset"] = "aggressive"
	pruned, failure := callOf(t, s, "prune", call)
	if failure != "" || len(pruned.Results) != 2 || !strings.Contains(pruned.Results[1].Text, "21 hours") || pruned.Results[0].Text != "" {
		t.Errorf("prune: %+v, %s", pruned, failure)
	}
	call["preset"] = "reckless"
	if _, failure := callOf(t, s, "prune", call); !strings.Contains(failure, "preset") {
		t.Errorf("a wrong preset: %q", failure)
	}
	if _, failure := callOf(t, s, "prune", map[string]any{"query": "a"}); !strings.Contains(failure, "documents") {
		t.Errorf("no documents: %q", failure)
	}
}

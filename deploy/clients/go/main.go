// Command go is the smallest program that uses the generated Go client,
// api/client: it prunes two documents and ranks them.
//
//	go run ./deploy/clients/go [URL]
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/ragprune/ragprune/api/client"
)

func main() {
	url := "http://127.0.0.1:8080"
	if len(os.Args) > 1 {
		url = os.Args[1]
	}
	if err := run(context.Background(), url); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url string) error {
	c, err := client.NewClientWithResponses(url)
	if err != nil {
		return err
	}
	const query = "How long did the Apollo 11 crew stay on the Moon?"
	pruned, err := c.PruneWithResponse(ctx, client.PruneRequest{
		Query: query,
		Documents: []client.DocumentInput{
			client.TextDocument("Apollo 11 launched on July 16, 1969. Armstrong and Aldrin spent 21 hours and 36 minutes on the lunar surface."),
			client.HTMLDocument("<ul><li>Home<li>Shop</ul><p>Our Apollo watch is 20 % off this week.</p>"),
		},
		Preset: new(client.Aggressive),
	})
	if err != nil {
		return err
	}
	if err := client.Err(pruned); err != nil {
		return err
	}
	for _, r := range pruned.JSON200.Results {
		fmt.Printf("%d %.3f %q\n", r.Index, r.Score, r.Text)
	}
	ranked, err := c.RerankV2WithResponse(ctx, client.RerankRequest{
		Query:     query,
		Documents: client.RerankDocuments("Bananas are rich in potassium.", "Armstrong and Aldrin spent 21 hours on the Moon."),
	})
	if err != nil {
		return err
	}
	if err := client.Err(ranked); err != nil {
		return err
	}
	for _, r := range ranked.JSON200.Results {
		fmt.Printf("%d %.3f\n", r.Index, r.RelevanceScore)
	}
	return nil
}

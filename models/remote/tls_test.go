package remote_test

import (
	"context"
	"encoding/binary"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/ragprune/ragprune/models/remote"
	"github.com/ragprune/ragprune/models/remote/inference"
)

// grpcFake does over gRPC what fake does over HTTP.
type grpcFake struct {
	inference.UnimplementedGRPCInferenceServiceServer
}

func (grpcFake) ServerReady(context.Context, *inference.ServerReadyRequest) (*inference.ServerReadyResponse, error) {
	return &inference.ServerReadyResponse{Ready: true}, nil
}

func (grpcFake) ModelReady(context.Context, *inference.ModelReadyRequest) (*inference.ModelReadyResponse, error) {
	return &inference.ModelReadyResponse{Ready: true}, nil
}

func (grpcFake) ModelMetadata(context.Context, *inference.ModelMetadataRequest) (*inference.ModelMetadataResponse, error) {
	m := &inference.ModelMetadataResponse{}
	for _, name := range []string{"input_ids", "attention_mask", "token_type_ids"} {
		m.Inputs = append(m.Inputs, &inference.ModelMetadataResponse_TensorMetadata{Name: name, Datatype: "INT64"})
	}
	for _, name := range []string{"keep_logits", "rank_logit"} {
		m.Outputs = append(m.Outputs, &inference.ModelMetadataResponse_TensorMetadata{Name: name, Datatype: "FP32"})
	}
	return m, nil
}

func (grpcFake) ModelInfer(_ context.Context, r *inference.ModelInferRequest) (*inference.ModelInferResponse, error) {
	raw := r.GetRawInputContents()[0]
	keep := make([]float32, len(raw)/8)
	for i := range keep {
		keep[i] = float32(int64(binary.LittleEndian.Uint64(raw[8*i:]))) - 0.25
	}
	output := func(name string, shape []int64, values []float32) *inference.ModelInferResponse_InferOutputTensor {
		return &inference.ModelInferResponse_InferOutputTensor{
			Name: name, Datatype: "FP32", Shape: shape, Contents: &inference.InferTensorContents{Fp32Contents: values},
		}
	}
	return &inference.ModelInferResponse{Outputs: []*inference.ModelInferResponse_InferOutputTensor{
		output("keep_logits", []int64{1, int64(len(keep))}, keep), output("rank_logit", []int64{1}, []float32{7}),
	}}, nil
}

// secured starts an engine that speaks TLS over HTTP and one over gRPC, both with
// the certificate in the file.
func secured(t *testing.T) (endpoints map[string]string, authority string) {
	t.Helper()
	overHTTP := httptest.NewTLSServer(newFake(t).Config.Handler)
	t.Cleanup(overHTTP.Close)
	authority = filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: overHTTP.Certificate().Raw})
	if err := os.WriteFile(authority, block, 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	overGRPC := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&overHTTP.TLS.Certificates[0])))
	inference.RegisterGRPCInferenceServiceServer(overGRPC, grpcFake{})
	go func() { _ = overGRPC.Serve(listener) }()
	t.Cleanup(overGRPC.Stop)
	return map[string]string{"HTTP": overHTTP.URL, "gRPC": "grpcs://" + listener.Addr().String()}, authority
}

// An engine with TLS is trusted if the named authority signed for it, and only
// then.
func TestTLS(t *testing.T) {
	endpoints, authority := secured(t)
	b := openBundle(t)
	for name, endpoint := range endpoints {
		t.Run(name, func(t *testing.T) {
			o := remote.Options{Endpoints: []string{endpoint}, Model: b.Name, Manifest: b.Manifest, Timeout: 5 * time.Second, CAFile: authority}
			s, err := remote.New(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Run([]int64{5, 1 << 20, 0}, []int64{0, 0, 1})
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([][]float32{{4.75, 1048575.75, -0.25}, {7}}, got); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			o.CAFile = ""
			if s, err = remote.New(t.Context(), o); err == nil {
				_ = s.Close()
				t.Fatal("an engine that nobody known has signed for is trusted")
			}
			if !strings.Contains(err.Error(), "certificate") {
				t.Errorf("the error is %q, want one that tells of the certificate", err)
			}
		})
	}
}

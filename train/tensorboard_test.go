package train

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// The expected bytes were written by tensorboard's own EventFileWriter for the same events.
func TestEventRecords(t *testing.T) {
	got := append(eventHeader(12.5), scalarEvent(13.25, 300, []scalar{{"train/loss", 0.1}})...)
	want, err := hex.DecodeString(wantEvents)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("got  %x\nwant %x", got, want)
	}
}

const wantEvents = "1800000000000000a37f4b220900000000000029401a0d627261696e2e4576656e743a326394a44f2100000000000000017becf6090000000000802a4010ac022a130a110a0a747261696e2f6c6f737315cdcccc3d79368fde"

//go:build !unix

package bench

import (
	"os"
	"time"
)

// cpuTime is not measured here.
func cpuTime() time.Duration { return 0 }

// peakMemory is not measured here.
func peakMemory(*os.ProcessState) float64 { return 0 }

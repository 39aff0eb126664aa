// Package sim lets whole nodes play days and weeks in seconds: real databases, real pairing, real streams and hints, on a simulated
// network in synthetic time. Everything in it is a test; begin with the plays: [TestForecastIsHeldAcrossTheSea] and those beside it.
//
// Nothing sleeps on the real clock. Time in a play stands still while anybody works and leaps when all wait, so a latency that a play
// prints is made of distance and of the waits in the programs, and holds no computing, no disk and no encryption.
//
// The network carries QUIC alone: there is no simulated TCP, and a real socket does not let synthetic time move. The HTTP interface is
// for the same reason no part of a play; [kontor/testnet/proc] has real processes.
//
// An open office is not free: its database looks for work forty times a second and its channels once a second, so that an hour of two open
// offices takes about half a second of one processor, and thirty days would take six minutes. Where a play lasts for days, companies close
// their offices for the hours in which nothing is to be shown; a closed office costs nothing.
package sim

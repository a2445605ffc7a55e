package shrink

// Simpler is simplerScript for the tests outside of the package.
var Simpler = simplerScript

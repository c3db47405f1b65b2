#!/usr/bin/perl
# count-tests.pl CODE DIRECTORY: sums up the JUnit reports of a test run that ended with exit code CODE, as one line:
# "N passed, N failed". A program that failed without a failed case in its report (it crashed, or ran out of time) counts as one
# failed test; so does a run that failed in a phase other than the tests.
use strict;
use warnings;

my ($code, $directory) = @ARGV;
die "usage: $0 CODE DIRECTORY\n" unless defined $directory && $code =~ /^\d+$/;

sub text_of {
  my ($file) = @_;
  open my $in, '<', $file or return '';
  local $/;
  return <$in> // '';
}

my ($passed, $failed) = (0, 0);
my %cases_failed_in;
for my $file (grep { !m{/ctest\.xml$} } glob("\Q$directory\E/*.xml")) {
  my ($suite) = text_of($file) =~ /<testsuite\s([^>]*)>/ or next;
  my %count = $suite =~ /\b(tests|skipped|errors|failures)="(\d+)"/g;
  my $bad = ($count{errors} // 0) + ($count{failures} // 0);
  $failed += $bad;
  $passed += ($count{tests} // 0) - $bad - ($count{skipped} // 0);
  $cases_failed_in{$1} = $bad if $file =~ m{([^/]+)\.xml$};
}

my $programs = text_of("$directory/ctest.xml");
while ($programs =~ /<testcase name="([^"]*)"[^>]*status="(?:fail|notrun)"/g) {
  $failed++ unless $cases_failed_in{$1};
}
$failed = 1 if $code != 0 && $failed == 0;
print "$passed passed, $failed failed\n";

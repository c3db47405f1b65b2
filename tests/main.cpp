// Every test program gets its main function from here.
#define BOOST_TEST_MODULE nexus
#include <boost/test/unit_test.hpp>
